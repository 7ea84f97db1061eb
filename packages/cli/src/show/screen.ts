import { stripVTControlCharacters } from 'node:util';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_REST_OF_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * A terminal's second screen, drawn over again and again: when it is closed, the terminal shows what it showed before,
 * with its cursor. It is closed also where the process ends some other way.
 */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #restore = (): void => {
    this.#stream.write(LEAVE);
  };
  #last = '';
  readonly #redraw = (): void => {
    this.draw(this.#last);
  };

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream;
    stream.write(ENTER);
    stream.on('resize', this.#redraw);
    process.once('exit', this.#restore);
  }

  /** Lines beyond the last of the terminal are left out, and lines that are too long are cut. */
  draw(text: string): void {
    this.#last = text;
    const { rows, columns } = this.#stream;
    const lines = text.split('\n').map((line) => fit(line, columns || 80));
    const room = Math.max(1, (rows || 24) - 1);
    const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), '…'];
    this.#stream.write(`${HOME}${shown.map((line) => `${line}${CLEAR_REST_OF_LINE}`).join('\r\n')}${CLEAR_BELOW}`);
  }

  close(): void {
    process.off('exit', this.#restore);
    this.#stream.off('resize', this.#redraw);
    this.#restore();
  }
}

/** A line that is too long loses its colours with its end: cut within one, it would run on. */
function fit(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= columns ? line : plain.slice(0, columns);
}
