/** What a language writes around its comments, and around the strings that only look like comments. */
export interface CommentSyntax {
  /** Begins a comment that ends with the line. */
  line: readonly string[];
  block: readonly (readonly [open: string, close: string])[];
  /** Whole strings; sticky. One that does not match (an apostrophe in prose) is passed over as a character. */
  strings: readonly RegExp[];
  /** `a#b` and `$#` are no comments: the mark needs a blank before it. */
  atWordStart?: true;
  /** Has regular expressions between slashes, and templates whose `${…}` is code again. */
  javascript?: true;
}

const DOUBLE = /"[^"\\\n]*(?:\\[\s\S][^"\\\n]*)*"/y;
const SINGLE = /'[^'\\\n]*(?:\\[\s\S][^'\\\n]*)*'/y;
const DOUBLED_SINGLE = /'[^']*(?:''[^']*)*'/y;
const DOUBLED_DOUBLE = /"[^"]*(?:""[^"]*)*"/y;
const BACKTICKS = /`[^`]*`/y;
// Not the tick of a Rust lifetime, nor the digit separator of C++.
const CHARACTER = /'(?:\\[^\n]{1,10}?|[^'\\\n]{1,2})'/y;
const PYTHON_LONG = /"""[^"\\]*(?:(?:\\[\s\S]|"(?!""))[^"\\]*)*"""|'''[^'\\]*(?:(?:\\[\s\S]|'(?!''))[^'\\]*)*'''/y;

const C: CommentSyntax = { line: ['//'], block: [['/*', '*/']], strings: [DOUBLE, CHARACTER] };
const GO: CommentSyntax = { ...C, strings: [DOUBLE, CHARACTER, BACKTICKS] };
const JAVASCRIPT: CommentSyntax = { ...C, strings: [DOUBLE, SINGLE], javascript: true };
const PHP: CommentSyntax = { line: ['//', '#'], block: [['/*', '*/']], strings: [DOUBLE, SINGLE] };
const CSS: CommentSyntax = { line: [], block: [['/*', '*/']], strings: [DOUBLE, SINGLE] };
const SCSS: CommentSyntax = { ...CSS, line: ['//'] };
const HASH: CommentSyntax = { line: ['#'], block: [], strings: [DOUBLE, SINGLE] };
const SHELL: CommentSyntax = { ...HASH, strings: [DOUBLE, /'[^'\n]*'/y], atWordStart: true };
const PYTHON: CommentSyntax = { ...HASH, strings: [PYTHON_LONG, DOUBLE, SINGLE] };
const TERRAFORM: CommentSyntax = { line: ['#', '//'], block: [['/*', '*/']], strings: [DOUBLE] };
const POWERSHELL: CommentSyntax = { line: ['#'], block: [['<#', '#>']], strings: [DOUBLE, SINGLE] };
// The body of a function between $$ is code, with comments of its own.
const SQL: CommentSyntax = { line: ['--'], block: [['/*', '*/']], strings: [DOUBLED_SINGLE, DOUBLED_DOUBLE] };
const LUA: CommentSyntax = { line: ['--'], block: [['--[[', ']]']], strings: [DOUBLE, SINGLE] };
const HASKELL: CommentSyntax = { line: ['--'], block: [['{-', '-}']], strings: [DOUBLE, CHARACTER] };
const MARKUP: CommentSyntax = { line: [], block: [['<!--', '-->']], strings: [] };
const LISP: CommentSyntax = { line: [';'], block: [], strings: [DOUBLE] };
const INI: CommentSyntax = { line: [';', '#'], block: [], strings: [], atWordStart: true };
const PERCENT: CommentSyntax = { line: ['%'], block: [], strings: [] };

const BY_EXTENSION: ReadonlyMap<string, CommentSyntax> = new Map(
  (
    [
      [C, 'c h cc cpp cxx hh hpp cs java kt kts scala swift dart m mm rs groovy gradle proto zig'],
      [GO, 'go'],
      [JAVASCRIPT, 'js mjs cjs jsx ts mts cts tsx'],
      [PHP, 'php'],
      [CSS, 'css'],
      [SCSS, 'scss less'],
      [HASH, 'rb pl pm r jl ex exs cmake nix graphql gql'],
      [SHELL, 'sh bash zsh fish yml yaml toml mk env'],
      [PYTHON, 'py pyi'],
      [TERRAFORM, 'tf hcl'],
      [POWERSHELL, 'ps1 psm1'],
      [SQL, 'sql'],
      [LUA, 'lua'],
      [HASKELL, 'hs elm'],
      [MARKUP, 'md markdown html htm xml vue svelte'],
      [LISP, 'lisp el clj cljs scm'],
      [INI, 'ini cfg conf properties'],
      [PERCENT, 'tex erl'],
    ] as const
  ).flatMap(([syntax, extensions]) => extensions.split(' ').map((extension) => [extension, syntax] as const)),
);

const BY_NAME: ReadonlyMap<string, CommentSyntax> = new Map([
  ['makefile', SHELL],
  ['dockerfile', SHELL],
  ['gemfile', HASH],
  ['rakefile', HASH],
  ['cmakelists.txt', HASH],
]);

/** How the file's language writes comments, by its name; undefined: it has none that are known here. */
export function commentSyntaxOf(path: string): CommentSyntax | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const dot = name.lastIndexOf('.');
  return BY_NAME.get(name) ?? (dot === -1 ? undefined : BY_EXTENSION.get(name.slice(dot + 1)));
}
