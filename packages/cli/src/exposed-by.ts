import { readFileSync } from 'node:fs';
import { splitSecrets } from '@orchestra/pause-core/secret-settings';

const LEVELS_MAX = 20;
// Those with which a pause can be lifted. A home's path alone opens nothing.
const OPENS_DOORS = /^(?:ORCHESTRA_TOKEN|(?:LISTEN_)?DATABASE_URL|PGPASSWORD)$/;
const TOKEN = /\borc_[A-Za-z0-9_-]{43}/;

/**
 * A process above this one whose environment shows a secret to everything that its user runs, as `npx` does that was
 * started with a token.
 */
export interface Exposed {
  pid: number;
  program: string;
  /** The variables, without their values. */
  names: string[];
}

/** Looks from `pid` upward, as far as /proc shows it. */
export function exposedBy(pid: number = process.ppid): Exposed | undefined {
  for (let level = 0; level < LEVELS_MAX && pid > 1; level++) {
    const seen = lookAt(pid);
    if (seen === undefined) return undefined;
    if (seen.names.length > 0) return { pid, program: seen.program, names: seen.names };
    pid = seen.parent;
  }
  return undefined;
}

function lookAt(pid: number): { parent: number; program: string; names: string[] } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in brackets and may hold anything; after it come the state and the parent.
    const end = stat.lastIndexOf(')');
    const [, parent] = stat.slice(end + 2).split(' ');
    return { parent: Number(parent), program: stat.slice(stat.indexOf('(') + 1, end), names: secretsOf(pid) };
  } catch {
    return undefined; // it has just ended, or there is no /proc
  }
}

function secretsOf(pid: number): string[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return []; // it belongs to somebody else, who shows us nothing
  }
  const pairs = text
    .split('\0')
    .map((pair) => [pair.slice(0, Math.max(0, pair.indexOf('='))), pair.slice(pair.indexOf('=') + 1)] as const);
  const { secret } = splitSecrets(Object.fromEntries(pairs));
  return Object.entries(secret)
    .filter(([name, value]) => value !== '' && (OPENS_DOORS.test(name) || TOKEN.test(value)))
    .map(([name]) => name);
}
