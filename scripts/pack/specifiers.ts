// How a file names another, in what tsc writes and in plain JavaScript: declarations begin their line, the rest are
// calls.
const NAMING = [
  /^(?<before>(?:import|export|\})[^'"\n;]*\bfrom ['"])(?<specifier>[^'"\n]+)(?=['"])/gm,
  /^(?<before>import ['"])(?<specifier>[^'"\n]+)(?=['"])/gm,
  /(?<before>\bimport\(['"])(?<specifier>[^'"\n]+)(?=['"]\))/g,
  /(?<before>\b(?:import\.meta|createRequire\(import\.meta\.url\))\.resolve\(['"])(?<specifier>[^'"\n]+)(?=['"]\))/g,
  /(?<before>\bnew URL\(['"])(?<specifier>\.[^'"\n]+\.[cm]?[jt]s)(?=['"], import\.meta\.url\))/g,
];

/** The text with every name of another file given to `rename`, which answers with the name to write. */
export function renameSpecifiers(text: string, rename: (specifier: string) => string): string {
  return NAMING.reduce(
    (changed, naming) =>
      changed.replaceAll(naming, (...match) => {
        const { before = '', specifier = '' }: Record<string, string> = match.at(-1);
        return `${before}${rename(specifier)}`;
      }),
    text,
  );
}

/** The name of the package in `drizzle-orm/node-postgres`. */
export function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
