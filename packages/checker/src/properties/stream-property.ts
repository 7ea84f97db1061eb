import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseUnavailable, SQLSTATE, sqlState } from '@orchestra/database';
import { eventsAfter, PLACED_MAX, sequenceEvents } from '@orchestra/pause-core';
import { sleep } from '@orchestra/timing';
import type { SeededRandom } from '../chaos/seeded-random.ts';
import type { Property, Trial } from './property.ts';

const WRITERS = 6;
const SEQUENCERS = 4;
const READ_MAX = 7;
const CUT_EVERY_MS = 150;

/**
 * Writers that commit late or roll back, sequencers that are ended in the middle: a reader who resumes behind what it
 * saw reads every event once, in order.
 */
export const streamProperty: Property = {
  name: 'P6 the stream misses nothing and repeats nothing',
  check: async (trial) => {
    const { db, random, operations } = trial;
    const over = new AbortController();
    const reader = new Reader(trial);
    const writing = Promise.all(
      Array.from({ length: WRITERS }, (_, n) =>
        write(trial, random.fork(`writer ${n}`), Math.ceil(operations / WRITERS)),
      ),
    );
    const others = [
      ...Array.from({ length: SEQUENCERS }, (_, n) =>
        repeat(over.signal, random.fork(`sequencer ${n}`), 5, () => sequenceEvents(db).catch(unlessCut)),
      ),
      repeat(over.signal, random.fork('cuts'), CUT_EVERY_MS, () => endOneSequencer(trial)),
      repeat(over.signal, random.fork('reader'), 5, () => reader.read()),
    ];
    await Promise.all([writing.finally(() => over.abort()), ...others]).finally(() => over.abort());
    while ((await sequenceEvents(db)) === PLACED_MAX);
    while ((await reader.read()) > 0);
    const { rows } = await db.query<{ id: string }>('select e.id from senate_events e');
    const missed = rows.filter((row) => !reader.seen.has(row.id));
    if (missed.length > 0)
      throw new Error(`${missed.length} of ${rows.length} events were never read, first ${missed[0]?.id}`);
    if (reader.seen.size > rows.length)
      throw new Error(`${reader.seen.size} events were read, and there are ${rows.length}`);
  },
};

class Reader {
  readonly seen = new Set<string>();
  readonly #trial: Trial;
  #position = 0;

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  /** @returns how many events it read @throws where one comes again, or behind a later one */
  async read(): Promise<number> {
    const events = await eventsAfter(this.#trial.claims, this.#position, READ_MAX);
    for (const { id, position } of events) {
      if (position <= this.#position)
        throw new Error(`event ${id} has position ${position} and comes behind ${this.#position}`);
      if (this.seen.has(id)) throw new Error(`event ${id} is read twice`);
      this.#position = position;
      this.seen.add(id);
    }
    return events.length;
  }
}

async function write({ db }: Trial, random: SeededRandom, count: number): Promise<void> {
  for (let done = 0; done < count; done++) {
    const tx = await db.connect();
    try {
      await tx.query('begin');
      await tx.query(
        `insert into senate_pause (scope_kind, scope_value, paused_at, reason)
           values ('quest', $1, clock_timestamp(), 'trial')`,
        [`q${random.next()}`],
      );
      if (random.chance(0.5)) await delay(random.between(0, 20));
      await tx.query(random.chance(0.3) ? 'rollback' : 'commit');
    } finally {
      tx.release();
    }
  }
}

async function endOneSequencer({ claims }: Trial): Promise<void> {
  await claims.query(`select pg_terminate_backend(a.pid) from pg_stat_activity a
                       where a.query like 'update senate_events%' and a.state = 'active'
                         and a.datname = current_database()
                       limit 1`);
}

/** Again and again, with pauses of up to so long. */
async function repeat(
  over: AbortSignal,
  random: SeededRandom,
  gapMs: number,
  act: () => Promise<unknown>,
): Promise<void> {
  while (!over.aborted) {
    await act();
    await sleep(random.between(0, gapMs), over); // aborted: seen above
  }
}

/** Cut off, or behind another sequencer for longer than it waits: the next round does it. */
function unlessCut(error: unknown): void {
  if (!isDatabaseUnavailable(error) && sqlState(error) !== SQLSTATE.lockNotAvailable) throw error;
}
