import { KeptOutput, type KeepBytes } from '../process/kept-output.ts';

/**
 * A stream of what comes over ssh, taken apart at a mark: what the host said by itself (banners, login files, the
 * refusal of a shut account) before the mark, and what the command printed after it.
 */
export class BegunMark {
  readonly before: KeptOutput;
  readonly after: KeptOutput;
  readonly #mark: Buffer;
  readonly #onOutput: (chunk: Buffer) => void;
  #held = Buffer.alloc(0);
  #begun = false;

  /** @param onOutput told of what the command prints, as it comes */
  constructor(mark: string, keep: KeepBytes, onOutput: (chunk: Buffer) => void) {
    this.#mark = Buffer.from(`${mark}\n`);
    this.before = new KeptOutput(keep);
    this.after = new KeptOutput(keep);
    this.#onOutput = onOutput;
  }

  get begun(): boolean {
    return this.#begun;
  }

  add(chunk: Buffer): void {
    if (this.#begun) {
      this.#ofCommand(chunk);
      return;
    }
    const seen = Buffer.concat([this.#held, chunk]);
    const at = seen.indexOf(this.#mark);
    // The mark may come in two halves: as much as could be its beginning is held back.
    const split = at === -1 ? Math.max(0, seen.length - this.#mark.length + 1) : at;
    this.before.add(seen.subarray(0, split));
    if (at === -1) {
      this.#held = Buffer.from(seen.subarray(split));
      return;
    }
    this.#begun = true;
    this.#held = Buffer.alloc(0);
    this.#ofCommand(seen.subarray(at + this.#mark.length));
  }

  /** No more comes. */
  end(): void {
    if (this.#held.length > 0) this.before.add(this.#held);
    this.#held = Buffer.alloc(0);
  }

  #ofCommand(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.after.add(chunk);
    this.#onOutput(chunk);
  }
}
