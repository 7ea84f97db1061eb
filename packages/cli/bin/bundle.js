// Plain JavaScript: it decides whether sources are run at all.
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FOLDER = fileURLToPath(new URL('../dist/', import.meta.url));

/**
 * Whether the bundle is there and made of the sources as they are now. A package has no sources, and its bundle is what
 * it is. In the repository the times and sizes of the sources are looked at; where one has changed, their contents.
 */
export function isBundled() {
  if (statSync(new URL('../src', import.meta.url), { throwIfNoEntry: false }) === undefined) return true;
  try {
    const { sources, sha256 } = JSON.parse(readFileSync(`${FOLDER}sources.json`, 'utf8'));
    const seen = `${sha256} ${sources.map(look).join(' ')}`;
    if (readFileOrNothing(`${FOLDER}seen`) === seen) return true;
    const hash = createHash('sha256');
    for (const source of sources) hash.update(readFileSync(ROOT + source));
    if (hash.digest('hex') !== sha256) return false;
    keep(seen);
    return true;
  } catch {
    return false; // not built, or a source is gone
  }
}

function look(source) {
  const { mtimeMs, size } = statSync(ROOT + source);
  return `${mtimeMs} ${size}`;
}

function readFileOrNothing(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // nobody has looked yet
  }
}

/** The next command looks at times and sizes alone. */
function keep(seen) {
  try {
    writeFileSync(`${FOLDER}seen`, seen);
  } catch {
    // A folder of somebody else's: each command reads the sources, which is right and takes longer.
  }
}
