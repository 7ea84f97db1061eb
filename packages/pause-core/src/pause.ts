import { SCOPE_KINDS, type Scope } from './scope.ts';

export const PAUSE_SOURCES = ['person', 'machine', 'sql'] as const;

/** Who made a pause: a person, a rule, or a row that came by no command. */
export type PauseSource = (typeof PAUSE_SOURCES)[number];

/**
 * What happens when the time of a pause is over: `resume` ends it; `stay` keeps it until a person decides; `probe` lets
 * one task through at a time until a run of one says how it stands.
 */
export const PAUSE_THENS = ['resume', 'stay', 'probe'] as const;
export type PauseThen = (typeof PAUSE_THENS)[number];

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
  /** On the wire it is called `then`. */
  endsAs: PauseThen;
  /** Since when it has waited for a person, its time being over; null: it does not. */
  stayedAt: Date | null;
  /** Since when it has let one task through at a time, its time being over; null: it does not. */
  probingAt: Date | null;
  /** The task that it lets through, or let through last; null: none since its time was over. */
  probeTaskId: string | null;
  /** When the last warning of its coming end went out. */
  warnedAt: Date | null;
}

/** An active pause as one reading of the database saw it. */
export interface ActivePause extends Pause {
  /**
   * Time until it ends by itself, at the moment of reading and by the database's clock; null: it never does. Only
   * `resume` ends by the clock.
   */
  remainingMs: number | null;
}

// The last instant that RFC 3339 can say.
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z');

/** When the time of the pause is over, and with `resume` the pause itself; null: until cleared. */
export function expiresAt(pause: Pick<Pause, 'pausedAt' | 'ttlSeconds'>): Date | null {
  return pause.ttlSeconds === null
    ? null
    : new Date(Math.min(pause.pausedAt.getTime() + pause.ttlSeconds * 1_000, LAST_TIME));
}

/**
 * Which of two pauses over one task is named: by kind (fleet, actor, agent, skill, quest; of several labels the
 * strongest), then the one that ends last, then the older one. Negative when `a` is named.
 */
export function comparePrecedence(a: ActivePause, b: ActivePause): number {
  return (
    SCOPE_KINDS.indexOf(a.scope.kind) - SCOPE_KINDS.indexOf(b.scope.kind) ||
    endOf(b) - endOf(a) ||
    Number(BigInt(a.id) - BigInt(b.id))
  );
}

function endOf(pause: ActivePause): number {
  // A finite stand-in for "never": two endless pauses must compare as equal, and Infinity - Infinity is NaN.
  return pause.remainingMs ?? Number.MAX_SAFE_INTEGER;
}
