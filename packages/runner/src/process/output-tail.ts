/** The last bytes of a stream, whatever its length. */
export class OutputTail {
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  #kept = 0;
  #seen = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** How many bytes there were in all. */
  get bytesSeen(): number {
    return this.#seen;
  }

  add(chunk: Buffer): void {
    this.#seen += chunk.length;
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
    // Let go of whole chunks only, and of many at once: cutting at each one would copy everything again and again.
    while (this.#chunks.length > 1 && this.#kept - (this.#chunks[0]?.length ?? 0) >= this.#bytesMax) {
      this.#kept -= this.#chunks.shift()?.length ?? 0;
    }
  }

  /** The last bytes as they came. */
  bytes(bytesMax: number = this.#bytesMax): Buffer {
    const bytes = Buffer.concat(this.#chunks);
    return bytes.subarray(Math.max(0, bytes.length - Math.min(bytesMax, this.#bytesMax)));
  }

  /**
   * The last `bytesMax` bytes as text, without half a character at its beginning and without NUL, which the database
   * cannot keep.
   */
  text(bytesMax: number = this.#bytesMax): string {
    const bytes = this.bytes(bytesMax);
    let from = 0;
    if (this.#seen > bytes.length) while (((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
    return textOf(bytes.subarray(from));
  }
}

/** Without NUL, which the database cannot keep. */
export function textOf(bytes: Buffer): string {
  return bytes.toString('utf8').replaceAll('\0', '\uFFFD');
}
