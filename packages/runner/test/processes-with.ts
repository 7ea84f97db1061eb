import { readdirSync, readFileSync } from 'node:fs';

/** The living processes whose environment holds this text, asked of /proc and of nothing of ours. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isAlive(pid) && environmentOf(pid).includes(text));
}

export function isAlive(pid: number): boolean {
  try {
    // A process that has ended and waits to be collected is not alive any more.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .startsWith('Z');
  } catch {
    return false;
  }
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return ''; // gone meanwhile
  }
}
