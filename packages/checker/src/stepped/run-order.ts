import type { Database } from '@orchestra/database';
import { withTimeout } from '@orchestra/timing';
import type { Turn, Turns } from './turns.ts';

// After so long without an end a statement is looked for behind a lock.
const LOOK_FOR_LOCKS_MS = 4;
const QUIET_WITHIN_MS = 20_000;
// A look that is taken again and again until something changes.
const IS_LOOK = /pg_locks/;

/** Which of several actors that could go on does: the index. */
export type Choose = (among: readonly string[]) => number;

/**
 * Runs actors to their ends, one statement at a time. Anyone who is behind a lock is left there and the others go on;
 * once the lock is free, its statement ends before anybody's next one begins.
 *
 * @returns the order that came of it
 */
export async function runOrder(
  actors: readonly Turns[],
  choose: Choose,
  changed: Bell,
  observer: Database,
): Promise<string[]> {
  const order: string[] = [];
  for (;;) {
    await quiet(actors, changed, observer);
    const waiting = actors.filter((actor) => actor.state === 'waiting');
    if (waiting.length === 0) {
      if (actors.every((actor) => actor.state === 'ended')) return order;
      await changed.next(QUIET_WITHIN_MS); // all are behind each other's locks: the server breaks that up
      continue;
    }
    // To look again before anybody has done anything would show the same.
    const fresh = waiting.filter(
      (actor) =>
        !(
          IS_LOOK.test(actor.statement) &&
          lastOf(actors) === actor.taken.at(-1) &&
          actor.taken.at(-1)?.statement === actor.statement
        ),
    );
    const candidates = fresh.length > 0 ? fresh : waiting;
    const next = candidates[choose(candidates.map((actor) => actor.name))];
    if (next === undefined) throw new Error('nobody was chosen');
    order.push(`${next.name}: ${next.statement.trim().split(/\s+/).slice(0, 3).join(' ')}`);
    next.letGo();
  }
}

function lastOf(actors: readonly Turns[]): Turn | undefined {
  return actors
    .flatMap((actor) => actor.taken)
    .toSorted((a, b) => a.at - b.at)
    .at(-1);
}

/** Waits until every actor waits for its turn, has ended, or is behind a lock that another one holds. */
async function quiet(actors: readonly Turns[], changed: Bell, observer: Database): Promise<void> {
  const deadline = performance.now() + QUIET_WITHIN_MS;
  while (performance.now() < deadline) {
    const busy = actors.filter((actor) => actor.state === 'asking' || actor.state === 'thinking');
    if (busy.length === 0) return;
    const version = changed.version;
    await changed.next(LOOK_FOR_LOCKS_MS);
    if (changed.version !== version || busy.some((actor) => actor.state !== 'asking')) continue;
    const { rows } = await observer.query<{ behind: number }>(
      'select count(*)::int as behind from unnest($1::int[]) as a(pid) where pg_blocking_pids(a.pid) && $2::int[]',
      [busy.map((actor) => actor.backend), actors.map((actor) => actor.backend)],
    );
    if (rows[0]?.behind === busy.length && changed.version === version) return;
  }
  throw new Error(
    `after ${QUIET_WITHIN_MS} ms still at work: ` +
      `${actors.map((actor) => `${actor.name} ${actor.state} ${actor.statement.slice(0, 60)}`).join('; ')}`,
  );
}

/** Rings when an actor's state changes. */
export class Bell {
  version = 0;
  #waiting = Promise.withResolvers<void>();

  ring(): void {
    this.version += 1;
    this.#waiting.resolve();
    this.#waiting = Promise.withResolvers();
  }

  /** Resolves with the next ring, or after `ms`. */
  async next(ms: number): Promise<void> {
    await withTimeout(this.#waiting.promise, ms, () => undefined);
  }
}
