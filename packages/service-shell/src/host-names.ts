import { isIP } from 'node:net';

/** Where a service listens, and under which further names it may be called. */
export interface Bound {
  host: string;
  hostNames?: readonly string[] | undefined;
}

/**
 * Which `Host` a service answers to; undefined: any. One that listens on loopback is called by loopback names. Another
 * name there is that of a page which had its own name resolve to this machine (DNS rebinding), or of a proxy, whose
 * name is a setting.
 */
export function hostRule({ host, hostNames = [] }: Bound): ((given: string) => boolean) | undefined {
  if (!isLoopback(nameOf(host)) && hostNames.length === 0) return undefined;
  const names = new Set([host, ...hostNames].map(nameOf));
  return (given) => isLoopback(nameOf(given)) || names.has(nameOf(given));
}

/** The name of `name:port`, as names are compared. */
function nameOf(host: string): string {
  const lower = host.trim().toLowerCase();
  const bracketed = /^\[([^\]]*)\]/.exec(lower)?.[1];
  if (bracketed !== undefined) return bracketed;
  if (isIP(lower) === 6) return lower;
  return lower.replace(/:[0-9]*$/, '').replace(/\.$/, '');
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
