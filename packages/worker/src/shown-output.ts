import { OUTPUT_CHARS_MAX } from '@orchestra/task-queue/contract';
import { storable } from './error-text.ts';

/** The end of what a run has printed, on its way to whoever watches it. Only what is new is sent. */
export class ShownOutput {
  #shown: string | undefined;
  #sent: string | undefined;

  /** In place of what was shown before. */
  show(tail: string): void {
    this.#shown = storable(tail.slice(-OUTPUT_CHARS_MAX));
  }

  /** @param call is given what is new, if anything is; when it fails, it is given it again */
  async send<T>(call: (output: string | undefined) => Promise<T>): Promise<T> {
    const output = this.#shown === this.#sent ? undefined : this.#shown;
    const answer = await call(output);
    if (output !== undefined) this.#sent = output;
    return answer;
  }
}
