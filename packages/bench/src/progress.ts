import { styleText } from 'node:util';

const WIDTH = 24;

/** A bar on stderr that is redrawn in place; where stderr is no terminal, one line for each part of the work. */
export class Progress {
  readonly #total: number;
  readonly #out: NodeJS.WriteStream;
  readonly #startedMs = performance.now();
  #done = 0;

  constructor(total: number, out: NodeJS.WriteStream = process.stderr) {
    this.#total = Math.max(total, 1);
    this.#out = out;
  }

  /** The part before has ended, and this one begins. */
  step(what: string): void {
    const bar = progressBar(this.#done, this.#total, WIDTH);
    const seconds = Math.round((performance.now() - this.#startedMs) / 1_000);
    const line = `${bar} ${String(this.#done).padStart(3)}/${this.#total} ${seconds} s  ${what}`;
    this.#done = Math.min(this.#done + 1, this.#total);
    if (!this.#out.isTTY) {
      this.#out.write(`${line}\n`);
      return;
    }
    this.#out.write(
      `\r\u001b[2K${styleText('dim', line.slice(0, Math.max(20, this.#out.columns - 1)), { stream: this.#out })}`,
    );
  }

  /** Something worth a line of its own. */
  say(line: string): void {
    this.#out.write(`${this.#out.isTTY ? '\r\u001b[2K' : ''}${line}\n`);
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001b[2K');
  }
}

export function progressBar(done: number, total: number, width: number): string {
  const full = Math.round(width * Math.min(1, done / total));
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}
