import type { Queryable } from '@orchestra/database';
import { SENATE_EVENT_TYPES, type SenateEvent } from '../contract/events.ts';

/** An event at its place in the stream. */
export interface PlacedEvent {
  /** Of the row; names an event before it has a position. */
  id: string;
  /** Rising, with gaps. */
  position: number;
  /** When its transaction began. */
  at: Date;
  event: SenateEvent;
}

interface EventRow {
  id: string;
  position: string;
  at: Date;
  type: string;
  data: Record<string, unknown>;
}

// Of all events of one reading together. An alert may hold a quarter of a million characters, a row written by hand any number.
const CHARS_MAX = 4_000_000;

/**
 * Events behind a position, in order; none: there are none. See `sequenceEvents` for why this misses none.
 *
 * @param limit events at most
 * @param charsMax what they may hold together. The one that passes it is the last, so there is always one
 */
export async function eventsAfter(db: Queryable, position: number, limit: number, charsMax = CHARS_MAX): Promise<PlacedEvent[]> {
  const { rows } = await db.query<EventRow>(
    // One after the other, because the length of a row is known when it has been unpacked: what comes behind the limit stays packed.
    `with recursive read as (
       (select e.id, e.position, e.at, e.type, e.data, length(e.data::text) as chars, 1 as count
          from senate_events e
         where e.position > $1 and e.type = any ($2)
         order by e.position limit 1)
       union all
       select n.id, n.position, n.at, n.type, n.data, r.chars + length(n.data::text), r.count + 1
         from read r
        cross join lateral (
              select e.id, e.position, e.at, e.type, e.data
                from senate_events e
               where e.position > r.position and e.type = any ($2)
               order by e.position limit 1) n
        where r.chars < $4 and r.count < $3)
     select r.id, r.position, r.at, r.type, r.data from read r order by r.position`, [position, SENATE_EVENT_TYPES, limit, charsMax]);
  return rows.map((row) => ({ id: row.id, position: Number(row.position), at: row.at, event: toEvent(row) }));
}

/** The position of the newest event that has one; 0 before the first. */
export async function headPosition(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ head: string }>('select coalesce(max(e.position), 0) as head from senate_events e');
  return Number(rows[0]?.head ?? 0);
}

/** Whether events wait for their place, and the position of the newest that has one. */
export async function newsPosition(db: Queryable): Promise<{ unplaced: boolean; head: number }> {
  const { rows } = await db.query<{ unplaced: boolean; head: string }>(
    `select exists (select from senate_events e where e.position is null) as unplaced, (select coalesce(max(e.position), 0) from senate_events e) as head`);
  return { unplaced: rows[0]?.unplaced ?? true, head: Number(rows[0]?.head ?? 0) };
}

/** Events that are visible and have no position yet. */
export async function unplacedEvents(db: Queryable): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>('select e.id from senate_events e where e.position is null order by e.id limit 10000');
  return new Set(rows.map((row) => row.id));
}

// What events from before these were told do not carry.
const TOLD_SINCE = { then: 'resume', stayed_at: null, probing_at: null, probe_task_id: null, warned_at: null };

/**
 * The trigger writes the contract's fields; only the instants are as the database prints them. Not parsed on the way
 * out: one odd row written by hand must not hold up the stream for everyone behind it.
 */
function toEvent({ type, data }: EventRow): SenateEvent {
  const told = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, name.endsWith('_at') ? toInstant(value) : value]));
  return { type, data: type.startsWith('pause.') ? { ...TOLD_SINCE, ...told } : told } as SenateEvent;
}

function toInstant(value: unknown): unknown {
  const instant = new Date(typeof value === 'string' ? value : NaN);
  return Number.isNaN(instant.getTime()) ? value : instant.toISOString();
}
