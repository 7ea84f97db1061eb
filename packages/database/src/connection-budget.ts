/**
 * How many connections each pool of each service opens at most, in `bells` the one that listens, and in `looks` the
 * one that asks whether
 * connections that were given up have ended (`AbandonedConnections`). In one place, so that
 * `orchestra doctor` can add them up.
 */
export const POOL_SIZES = {
  'pause-api': { brake: 4, tokens: 2, calls: 10, loops: 5, notices: 2, bells: 1, looks: 1 },
  'worker-claimer': { calls: 10, claims: 10, reaper: 2, bells: 1, looks: 1 },
  'alert-cascade': { calls: 10, bells: 1, looks: 1 },
} as const;

export type PooledService = keyof typeof POOL_SIZES;

/** Of the pools of pause-api, so many connections stay open from the start: a pause needs no new one. */
export const HELD = { brake: 2, tokens: 1 } as const;

/** Connections that one instance of a service opens at most. */
export function connectionsOf(service: PooledService): number {
  return Object.values(POOL_SIZES[service]).reduce((sum, size) => sum + size, 0);
}
