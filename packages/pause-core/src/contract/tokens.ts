import { z } from 'zod';

/**
 * What a token may do. `viewer` reads; `worker` also adds, claims and finishes tasks; `source` posts alerts;
 * `operator` reads, pauses, clears, acknowledges and adds tasks; `admin` may do everything; `agent` asks what is paused
 *   and nothing else, which is enough for a turn gate.
 */
export const ROLES = ['viewer', 'worker', 'source', 'operator', 'admin', 'agent'] as const;
export const role = z.enum(ROLES).meta({ id: 'Role' });
export type Role = z.infer<typeof role>;

export const PERMISSIONS = ['ask', 'read', 'run_tasks', 'add_tasks', 'post_alerts', 'pause', 'manage_tokens'] as const;
export type Permission = (typeof PERMISSIONS)[number];

const GRANTED: Record<Role, readonly Permission[]> = {
  viewer: ['ask', 'read'],
  worker: ['ask', 'read', 'run_tasks', 'add_tasks'],
  source: ['post_alerts'],
  operator: ['ask', 'read', 'add_tasks', 'post_alerts', 'pause'],
  admin: PERMISSIONS,
  agent: ['ask'],
};

/** All that this role may do. */
export function permissionsOf(holder: Role): readonly Permission[] {
  return GRANTED[holder];
}

/** The roles that may do it, for whoever has another: without `admin`, but where nobody else may. */
export function rolesThatMay(asked: Permission): readonly Role[] {
  const may = ROLES.filter((one) => mayDo(asked, one));
  return may.length > 1 ? may.filter((one) => one !== 'admin') : may;
}

/** May this role do that? */
export function mayDo(asked: Permission, holder: Role): boolean {
  return GRANTED[holder].includes(asked);
}
