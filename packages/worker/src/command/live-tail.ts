import { OutputTail } from '@orchestra/runner';
import { OUTPUT_CHARS_MAX } from '@orchestra/task-queue/contract';

const SHOW_EVERY_MS = 500;

/** Shows the end of what a command prints while it prints it, both of its streams as they come. */
export class LiveTail {
  readonly #show: (tail: string) => void;
  readonly #tail = new OutputTail(OUTPUT_CHARS_MAX);
  #timer: NodeJS.Timeout | undefined;

  constructor(show: (tail: string) => void) {
    this.#show = show;
  }

  /** Whoever prints a million lines has them shown twice a second all the same. */
  readonly add = (chunk: Buffer): void => {
    this.#tail.add(chunk);
    this.#timer ??= setTimeout(() => { this.#timer = undefined; this.#show(this.#tail.text()); }, SHOW_EVERY_MS);
  };

  end(): void {
    clearTimeout(this.#timer);
  }
}
