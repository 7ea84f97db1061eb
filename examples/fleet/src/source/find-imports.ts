import { linkTarget } from '../markdown/link-target.ts';
import { findLinks } from '../markdown/find-links.ts';
import { isMarkdown } from '../markdown/is-markdown.ts';
import { commentSyntaxOf } from './comment-syntax.ts';
import { withoutComments } from './without-comments.ts';

interface ImportSyntax {
  pattern: RegExp;
  /** Whether an import is a path from the importing file, the end of a path, or the name of a module. */
  names: 'path' | 'path_end' | 'module';
}

const JAVASCRIPT: ImportSyntax = {
  names: 'path',
  pattern: /\b(?:from|import|require)\s*\(?\s*["']([^"'\n]{1,500})["']/g,
};
const RUBY: ImportSyntax = {
  names: 'path_end',
  pattern: /^[ \t]*require(?:_relative)?[ \t(]+["']([^"'\n]{1,500})["']/gm,
};
const C: ImportSyntax = { names: 'path_end', pattern: /^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]{1,500})[">]/gm };
const PYTHON: ImportSyntax = {
  names: 'module',
  pattern: /^[ \t]*(?:from[ \t]+([.\w]{1,500})[ \t]+import\b|import[ \t]+([.\w]{1,500}))/gm,
};
const GO: ImportSyntax = {
  names: 'module',
  pattern: /^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"([^"\n]{1,500})"[ \t]*$/gm,
};
const RUST: ImportSyntax = {
  names: 'module',
  pattern: /^[ \t]*(?:pub[ \t]+)?(?:use[ \t]+([\w:]{1,500})|mod[ \t]+(\w{1,200})[ \t]*;)/gm,
};
const JVM: ImportSyntax = { names: 'module', pattern: /^[ \t]*import[ \t]+(?:static[ \t]+)?([\w.]{1,500})/gm };

const BY_EXTENSION: ReadonlyMap<string, ImportSyntax> = new Map(
  (
    [
      [JAVASCRIPT, 'js mjs cjs jsx ts mts cts tsx vue svelte'],
      [PYTHON, 'py pyi'],
      [GO, 'go'],
      [RUST, 'rs'],
      [C, 'c h cc cpp cxx hh hpp m mm'],
      [JVM, 'java kt kts scala groovy'],
      [RUBY, 'rb'],
    ] as const
  ).flatMap(([syntax, extensions]) => extensions.split(' ').map((extension) => [extension, syntax] as const)),
);

/**
 * What a file names of other files: its imports as they are written or, for Markdown, its relative links. Each once.
 */
export function findImports(path: string, text: string): ReadonlySet<string> {
  if (isMarkdown(path))
    return new Set(
      findLinks(text)
        .map(({ target }) => target)
        .filter((target) => linkTarget(path, target).kind === 'path'),
    );
  const imports = BY_EXTENSION.get(extensionOf(path));
  if (imports === undefined) return new Set();
  const comments = commentSyntaxOf(path);
  const code = comments === undefined ? text : withoutComments(text, comments);
  return new Set(
    [...code.matchAll(imports.pattern)].flatMap((match) => match.slice(1, 3)).filter((found) => found !== undefined),
  );
}

/**
 * Does `written`, an import of the file `from`, mean the file `path`? A path does to the letter, a module by its last
 * word.
 */
export function means(written: string, from: string, path: string): boolean {
  const names = isMarkdown(from) ? 'path' : BY_EXTENSION.get(extensionOf(from))?.names;
  switch (names) {
    case undefined:
      return false;
    case 'path': {
      if (!isMarkdown(from) && !written.startsWith('.')) return false; // a package
      const target = linkTarget(from, written);
      if (target.kind !== 'path') return false;
      return [path, withoutEnding(path)].includes(target.path) || withoutEnding(path) === `${target.path}/index`;
    }
    case 'path_end': {
      const plain = written.replace(/^(?:\.{1,2}\/)+/, '');
      return [path, withoutEnding(path)].some((whole) => whole === plain || whole.endsWith(`/${plain}`));
    }
    case 'module': {
      const last = written.split(/::|[./]/).findLast((word) => word !== '');
      return (
        last !== undefined &&
        last === withoutEnding(path.slice(path.lastIndexOf('/') + 1)) &&
        extensionOf(from) === extensionOf(path)
      );
    }
  }
}

function extensionOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase();
}

function withoutEnding(path: string): string {
  return path.replace(/\.[^./]*$/, '');
}
