import { SCOPE_KINDS, type Scope } from './scope.ts';

export const PAUSE_SOURCES = ['person', 'machine', 'sql'] as const;

/** Who made a pause: a person, a rule, or a row that came by no command. */
export type PauseSource = (typeof PAUSE_SOURCES)[number];

/** A row of `senate_pause`. Times are the database's. */
export interface Pause {
  id: string;
  scope: Scope;
  reason: string;
  source: PauseSource;
  pausedAt: Date;
  pausedBy: string;
  /** null: until cleared */
  ttlSeconds: number | null;
  clearedAt: Date | null;
  clearedBy: string | null;
  quietAt: Date | null;
}

/** An active pause as one reading of the database saw it. */
export interface ActivePause extends Pause {
  /** Time left at the moment of reading, by the database's clock; null: until cleared. */
  remainingMs: number | null;
}

/** When the pause ends by itself; null: until cleared. */
export function expiresAt(pause: Pick<Pause, 'pausedAt' | 'ttlSeconds'>): Date | null {
  return pause.ttlSeconds === null ? null : new Date(pause.pausedAt.getTime() + pause.ttlSeconds * 1_000);
}

/**
 * Which of two pauses over one task is named: by kind (actor, agent, skill, quest), then the one that ends last,
 * then the older one. Negative when `a` is named.
 */
export function comparePrecedence(a: ActivePause, b: ActivePause): number {
  return SCOPE_KINDS.indexOf(a.scope.kind) - SCOPE_KINDS.indexOf(b.scope.kind)
    || endOf(b) - endOf(a) || Number(BigInt(a.id) - BigInt(b.id));
}

function endOf(pause: ActivePause): number {
  // A finite stand-in for "never": two endless pauses must compare as equal, and Infinity - Infinity is NaN.
  return pause.remainingMs ?? Number.MAX_SAFE_INTEGER;
}
