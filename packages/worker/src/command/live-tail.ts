import { StringDecoder } from 'node:string_decoder';
import { OUTPUT_CHARS_MAX } from '@orchestra/task-queue/contract';

const SHOW_EVERY_MS = 500;
// The text is cut to what is shown when it has become so long, not at each piece.
const KEPT_CHARS_MAX = 4 * OUTPUT_CHARS_MAX;

/**
 * Shows the end of what a command prints while it prints it, both of its streams as they come, and how much it was in
 * all.
 */
export class LiveTail {
  readonly #show: (tail: string, printed: number) => void;
  readonly #decoder = new StringDecoder('utf8');
  #text = '';
  #printed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(show: (tail: string, printed: number) => void) {
    this.#show = show;
  }

  /** Anyone who prints a million lines has them shown twice a second all the same. */
  readonly add = (chunk: Buffer): void => {
    this.#keep(this.#decoder.write(chunk));
    this.#timer ??= setTimeout(this.#showNow, SHOW_EVERY_MS);
  };

  /** Shows what came last. */
  end(): void {
    this.#keep(this.#decoder.end());
    if (this.#timer !== undefined) this.#showNow();
  }

  #keep(piece: string): void {
    this.#printed += piece.length;
    this.#text += piece;
    if (this.#text.length > KEPT_CHARS_MAX) this.#text = this.#text.slice(-OUTPUT_CHARS_MAX);
  }

  readonly #showNow = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#show(this.#text.slice(-OUTPUT_CHARS_MAX), this.#printed);
  };
}
