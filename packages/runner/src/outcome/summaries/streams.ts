import { stripVTControlCharacters } from 'node:util';

// `packages/a test: …` (pnpm -r), which names each script first: `packages/a test$ vitest run`.
const PNPM = /^(\S+ \S+): ?(.*)$/;
const PNPM_ANNOUNCED = /^(\S+ \S+)\$ /;
// Forms that an ordinary line does not have: `@scope/a:test: …` (turbo), `[a]: …` and `[0] …` (yarn, concurrently),
// `web-1 | …` (docker compose).
const OTHERS = [/^(@?[\w./-]+:[\w:.-]+): ?(.*)$/, /^(\[[\w@./:-]+\]):? ?(.*)$/, /^([\w.-]+[-_][0-9]+ +\|) ?(.*)$/];
// Any word before a colon or a bar (lerna, nx, docker compose). Many ordinary lines begin so.
const ANY_WORD = [/^(@?[\w./-]+): (.*)$/, /^([\w.-]+ +\|) ?(.*)$/];

// What stands before every line: the time, as `docker compose logs -t` and CI systems print it, or yarn's code of a
// message.
const TIME = /^➤ YN[0-9]{4}: |^\[?[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|[+-][0-9:]+)?\]? /;
// A workspace in a container, and one more.
const DEPTH_MAX = 2;
// What is longer is no line of a summary.
const LINE_CHARS_MAX = 4_000;

/**
 * The lines of an output: without colours, whatever ends a line there. What a terminal would write over is a line of
 * its own.
 */
export function linesOf(output: string): string[] {
  return stripVTControlCharacters(output)
    .split(/\r\n|\n|\r/)
    .map((line) => line.slice(0, LINE_CHARS_MAX).replace(TIME, '').trimEnd());
}

/**
 * Takes apart what several programs printed into one output, each line with the name of its program before it: one list
 * of lines for each of them, without the names, and first the lines that have no name.
 *
 * @param names `known`: only forms that an ordinary line does not have; `any`: a single word before a colon, too
 */
export function streamsOf(lines: readonly string[], names: 'known' | 'any', depth = 0): string[][] {
  const announced = new Set(lines.map((line) => PNPM_ANNOUNCED.exec(line)?.[1]));
  const streams = new Map<string, string[]>([['', []]]);
  for (const line of lines) {
    const [name, rest] = named(line, announced, names);
    const stream = streams.get(name);
    if (stream === undefined) streams.set(name, [rest]);
    else stream.push(rest);
  }
  const [plain = [], ...others] = streams.values();
  return [plain, ...(depth < DEPTH_MAX ? others.flatMap((stream) => streamsOf(stream, 'known', depth + 1)) : others)];
}

function named(
  line: string,
  announced: ReadonlySet<string | undefined>,
  names: 'known' | 'any',
): [name: string, rest: string] {
  const [, script, rest = ''] = PNPM.exec(line) ?? [];
  // The line that names the script may be missing from what was kept; a path says as much.
  if (script !== undefined && (announced.has(script) || /^[^\s:]*\/[^\s:]* [\w:.-]+$/.test(script)))
    return [script, rest];
  for (const form of names === 'known' ? OTHERS : ANY_WORD) {
    const [, name, after = ''] = form.exec(line) ?? [];
    if (name !== undefined) return [name, after];
  }
  return ['', line];
}
