import { blankCode } from './blank-code.ts';

const ATX = /^ {0,3}#{1,6}(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const UNDERLINE = /^ {0,3}(?:=+|-+)[ \t]*$/;
const HTML_ID = /<[A-Za-z][^<>]{0,500}?\s(?:id|name)\s*=\s*["']([^"'<>\s]{1,500})["']/g;

/** What `#fragment` may name in a Markdown text: its headings, as GitHub and most others name them, and HTML ids. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const prose = blankCode(text);
  const anchors = new Set<string>();
  const timesUsed = new Map<string, number>();
  for (const heading of headings(prose)) {
    const slug = slugOf(heading);
    const times = timesUsed.get(slug) ?? 0;
    timesUsed.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  for (const [, id] of prose.matchAll(HTML_ID)) if (id !== undefined) anchors.add(id.toLowerCase());
  return anchors;
}

function* headings(prose: string): Generator<string> {
  let above = '';
  for (const raw of prose.split('\n')) {
    const line = raw.replace(/\r$/, '');
    const atx = ATX.exec(line);
    if (atx !== null) yield atx[1] ?? '';
    else if (above.trim() !== '' && UNDERLINE.test(line)) yield above.trim();
    above = atx === null ? line : '';
  }
}

/** "The `claim`: [gate](x.md)!" → "the-claim-gate" */
export function slugOf(heading: string): string {
  return heading
    .replaceAll(/!?\[([^\]]*)\]\([^()]*\)/g, '$1')
    .replaceAll(/<[^<>]*>/g, '')
    .replaceAll(/(?<![\p{L}\p{N}])(_{1,3})([^_]+)\1(?![\p{L}\p{N}])/gu, '$2')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
}
