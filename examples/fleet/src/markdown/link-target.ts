import { isMarkdown } from './is-markdown.ts';

/**
 * Where a link of a file in the repository leads. Paths are in bytes told as latin1, like the keys of the tracked
 * files.
 */
export type LinkTarget =
  /** Another site, or a template that something else fills in. */
  | { kind: 'elsewhere' }
  | { kind: 'outside' }
  /**
   * `path` is '' for the top folder; `fragment` is undefined without one. `perhapsSite`: it begins with a slash and
   *   names no document, so where nothing is there it may be an address of the site that is made of these files.
   */
  | { kind: 'path'; path: string; fragment: string | undefined; perhapsSite: boolean };

const ABSOLUTE = /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/\/)/;
const TEMPLATE = /\{\{|\$\{|<%|\{%/;

/** @param from the linking file's path, in latin1 */
export function linkTarget(from: string, target: string): LinkTarget {
  if (ABSOLUTE.test(target) || TEMPLATE.test(target)) return { kind: 'elsewhere' };
  const [, path = '', fragment] = /^([^?#]*)(?:\?[^#]*)?(?:#([\s\S]*))?$/.exec(target) ?? [];
  const asked = fragment === undefined || fragment === '' ? undefined : percentDecoded(fragment).toString('utf8');
  if (path === '') return { kind: 'path', path: from, fragment: asked, perhapsSite: false };
  const decoded = percentDecoded(path).toString('latin1');
  // A leading slash means the top of the repository, where repositories are shown.
  const joined = decoded.startsWith('/') ? decoded : `${from.slice(0, from.lastIndexOf('/') + 1)}${decoded}`;
  const steps: string[] = [];
  for (const step of joined.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') steps.push(step);
    else if (steps.pop() === undefined) return { kind: 'outside' };
  }
  return {
    kind: 'path',
    path: steps.join('/'),
    fragment: asked,
    perhapsSite: decoded.startsWith('/') && !isMarkdown(decoded),
  };
}

/** The bytes that a URL's text stands for. What is no proper escape stays as it is: it will name no file. */
function percentDecoded(text: string): Buffer {
  const parts = text.split(/(%[0-9A-Fa-f]{2})/);
  return Buffer.concat(
    parts.map((part, at) => (at % 2 === 1 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part, 'utf8'))),
  );
}
