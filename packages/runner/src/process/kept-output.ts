import { OutputTail, textOf } from './output-tail.ts';

/** How much of a stream is kept, from its beginning and from its end. */
export interface KeepBytes {
  head: number;
  tail: number;
}

/**
 * The beginning and the end of a stream, whatever its length. What went wrong first is often at its top, and what it
 * came to at its end.
 */
export class KeptOutput {
  readonly #keep: KeepBytes;
  readonly #tail: OutputTail;
  #head: Buffer[] = [];
  #headBytes = 0;

  constructor(keep: KeepBytes) {
    this.#keep = keep;
    this.#tail = new OutputTail(keep.tail);
  }

  /** How many bytes there were in all. */
  get bytesSeen(): number {
    return this.#headBytes + this.#tail.bytesSeen;
  }

  /** Nothing is left out. */
  get whole(): boolean {
    return this.#tail.bytesSeen <= this.#keep.tail;
  }

  add(chunk: Buffer): void {
    const room = this.#keep.head - this.#headBytes;
    if (room > 0) {
      // A copy: a slice would keep the whole of its chunk alive.
      const first = Buffer.from(chunk.subarray(0, room));
      this.#head.push(first);
      this.#headBytes += first.length;
    }
    if (chunk.length > room) this.#tail.add(room > 0 ? chunk.subarray(room) : chunk);
  }

  /** The last bytes, as many as are kept of the end at most. */
  tail(bytesMax: number = this.#keep.tail): string {
    const wanted = Math.min(bytesMax, this.#keep.tail);
    // Were it exactly as much as there is, the tail could not know that it begins with half a character.
    if (this.#tail.bytesSeen > wanted) return this.#tail.text(wanted);
    const last = new OutputTail(wanted);
    for (const chunk of [...this.#head, this.#tail.bytes()]) last.add(chunk);
    return last.text();
  }

  /** All of it as it came; undefined where something is left out. */
  bytes(): Buffer | undefined {
    return this.whole ? Buffer.concat([...this.#head, this.#tail.bytes()]) : undefined;
  }

  /** All that is kept, with a line where something is left out. */
  text(): string {
    const whole = this.bytes();
    if (whole !== undefined) return textOf(whole);
    const leftOut = this.#tail.bytesSeen - this.#keep.tail;
    const head = textOf(wholeCharacters(Buffer.concat(this.#head)));
    return (
      `${head}${head === '' || head.endsWith('\n') ? '' : '\n'}… ${leftOut.toLocaleString('en')} bytes ` +
      `left out …\n${this.#tail.text()}`
    );
  }
}

/** Without the half character at its end. */
function wholeCharacters(bytes: Buffer): Buffer {
  let at = bytes.length - 1;
  while (at >= 0 && at > bytes.length - 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  const lead = bytes[at] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return at >= 0 && at + length > bytes.length ? bytes.subarray(0, at) : bytes;
}
