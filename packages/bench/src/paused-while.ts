import { pauseScope, unpauseScope, type Scope } from '@orchestra/pause-core';
import type { Database } from '@orchestra/database';

/** Pauses the scopes, does the work at once, and lets them go again. */
export async function whilePaused<T>(db: Database, scopes: readonly Scope[], work: () => Promise<T>): Promise<T> {
  for (const scope of scopes)
    await pauseScope(db, { scope, reason: 'measured', ttlSeconds: null, by: 'bench', source: 'person' });
  try {
    return await work();
  } finally {
    for (const scope of scopes) await unpauseScope(db, { target: scope, by: 'bench' });
  }
}

export function agent(value: string): Scope {
  return { kind: 'agent', value };
}
