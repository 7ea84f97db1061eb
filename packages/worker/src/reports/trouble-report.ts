import { kindOfTrouble } from './trouble-words.ts';

export interface TroubleReportOptions {
  /** For how long there may be trouble before anybody hears of it: a restart of a service takes a moment. */
  afterMs: number;
  /** Asked each time: a listener of the event needs no warning as well. */
  isToldOtherwise: () => boolean;
  sayTrouble: (error: Error | undefined) => string;
  sayOver: string;
  warn: (text: string) => void;
}

/** Tells of trouble that lasts: each kind of it once, and once when it is over. */
export class TroubleReport {
  readonly #options: TroubleReportOptions;
  /** There is trouble; it is told when the time is over. */
  #timer: NodeJS.Timeout | undefined;
  #last: Error | undefined;
  readonly #told = new Set<string>();
  #lasts = false;
  #closed = false;

  constructor(options: TroubleReportOptions) {
    this.#options = options;
  }

  /** Since the last good answer the service was called, and has failed or not answered yet. */
  get isThere(): boolean {
    return this.#timer !== undefined;
  }

  /** The service was called, and has not answered yet. */
  wait(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#lasts = true;
      this.#tell();
    }, this.#options.afterMs).unref();
  }

  failed(error: Error): void {
    this.#last = error;
    this.wait();
    if (this.#lasts) this.#tell();
  }

  /** The service has answered as it should. */
  answered(): void {
    if (this.#told.size > 0 && !this.#options.isToldOtherwise()) this.#options.warn(this.#options.sayOver);
    this.#reset();
  }

  /** Nothing is told any more. */
  close(): void {
    this.#closed = true;
    this.#reset();
  }

  #tell(): void {
    const kind = kindOfTrouble(this.#last);
    if (this.#closed || this.#told.has(kind) || this.#options.isToldOtherwise()) return;
    this.#told.add(kind);
    this.#options.warn(this.#options.sayTrouble(this.#last));
  }

  #reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#last = undefined;
    this.#lasts = false;
    this.#told.clear();
  }
}
