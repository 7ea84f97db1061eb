import type { Drain } from '../wait-until-quiet.ts';
import { sayDuration } from './duration.ts';

const BAR_WIDTH = 24;
const CLEAR_LINE = '\r\u001b[2K';

/** How a pause is draining: on a terminal one line that is drawn over, elsewhere a line for each change. */
export class DrainLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedAt = performance.now();
  #drain: Drain | undefined;
  #ticking: NodeJS.Timeout | undefined;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  note(drain: Drain): void {
    this.#drain = drain;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${sayDrain(drain)}\n`);
      return;
    }
    this.#draw();
    this.#ticking ??= setInterval(() => this.#draw(), 1_000);
  }

  /** Another line for the person, above the bar. */
  say(text: string): void {
    this.#clear();
    this.#stream.write(`${text}\n`);
    if (this.#stream.isTTY && this.#drain !== undefined) this.#draw();
  }

  /** Takes the bar away. */
  end(): void {
    clearInterval(this.#ticking);
    this.#clear();
  }

  #clear(): void {
    if (this.#stream.isTTY) this.#stream.write(CLEAR_LINE);
  }

  #draw(): void {
    if (this.#drain === undefined) return;
    const { left, of } = this.#drain;
    const filled = of === 0 ? BAR_WIDTH : Math.round((1 - left / of) * BAR_WIDTH);
    const line =
      `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${sayDrain(this.#drain)} ` +
      `(${sayDuration((performance.now() - this.#startedAt) / 1_000)})`;
    this.#stream.write(`${CLEAR_LINE}${line.slice(0, Math.max(1, (this.#stream.columns || 80) - 1))}`);
  }
}

function sayDrain({ left, of }: Drain): string {
  return left === 0
    ? 'draining: nothing in flight'
    : `draining: ${left} of ${of} ${of === 1 ? 'run' : 'runs'} in flight`;
}
