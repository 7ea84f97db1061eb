import { OUTPUT_CHARS_MAX } from '@orchestra/task-queue/contract';
import { storable } from './error-text.ts';

/** The end of what a run has printed. */
export interface Shown {
  output: string;
  /** How many characters it has printed in all; undefined: nobody has counted. */
  printed: number | undefined;
}

/** The end of what a run has printed, on its way to whoever watches it. Only what is new is sent. */
export class ShownOutput {
  #shown: Shown | undefined;
  #sent: Shown | undefined;

  /** Whether something was shown that has not been sent. */
  get isBehind(): boolean {
    return (
      this.#shown !== undefined &&
      (this.#shown.output !== this.#sent?.output || this.#shown.printed !== this.#sent.printed)
    );
  }

  /** In place of what was shown before. */
  show(tail: string, printed?: number): void {
    this.#shown = { output: storable(tail.slice(-OUTPUT_CHARS_MAX)), printed };
  }

  /** @param call is given what is new, if anything is; when it fails, it is given it again */
  async send<T>(call: (shown: Shown | undefined) => Promise<T>): Promise<T> {
    const shown = this.isBehind ? this.#shown : undefined;
    const answer = await call(shown);
    if (shown !== undefined) this.#sent = shown;
    return answer;
  }
}
