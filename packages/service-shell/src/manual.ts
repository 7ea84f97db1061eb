import { isAbsolute, join, relative } from 'node:path';

// Beside the code, in the repository and in the installed package.
const FOLDER = join(import.meta.dirname, '..', '..', '..', 'docs');

/** Where a page of the manual is, as somebody who works in the current folder would open it. */
export function manualPage(name: string): string {
  const path = join(FOLDER, name);
  const near = relative(process.cwd(), path);
  return near.startsWith('..') || isAbsolute(near) ? path : near;
}
