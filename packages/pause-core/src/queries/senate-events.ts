import { FIRST_INSTANT, LAST_INSTANT, readInstant, type Queryable } from '@orchestra/database';
import { SENATE_EVENT_TYPES, type SenateEvent } from '../contract/events.ts';

/** An event at its place in the stream. */
export interface PlacedEvent {
  /** Of the row; names an event before it has a position. */
  id: string;
  /** Rising, with gaps. */
  position: number;
  /**
   * What tells it from an event that another database, or another past of this one, has at the same position: ten
   * digits.
   */
  mark: string;
  /** When its transaction began. */
  at: Date;
  event: SenateEvent;
}

/** A place in the stream, and which event stands there; no mark: none does. */
export interface MarkedPosition {
  position: number;
  mark: string | null;
}

/**
 * The mark of an event `e`, in SQL. Digits, so that `position.mark` is a number that rises with the position. By what
 * no restore changes and no two events share; not by a name of the database, which a restore or a copy brings along.
 */
export const EVENT_MARK =
  `lpad((('x' || left(md5(concat_ws(' ', e.id, extract(epoch from e.at), e.xid, e.type, ` +
  `e.data ->> 'id')), 8))::bit(32)::bigint)::text, 10, '0')`;

interface EventRow {
  id: string;
  mark: string;
  position: string;
  at: Date;
  type: string;
  data: Record<string, unknown> | null;
}

// Of all events of one reading together. An alert may hold a quarter of a million characters, a row written by hand any
// number.
const CHARS_MAX = 4_000_000;

/**
 * Events behind a position, in order; none: there are none. See `sequenceEvents` for why this misses none.
 *
 * @param limit events at most
 * @param charsMax what they may hold together. The one that passes it is the last, so there is always one
 */
export async function eventsAfter(
  db: Queryable,
  position: number,
  limit: number,
  charsMax = CHARS_MAX,
): Promise<PlacedEvent[]> {
  const { rows } = await db.query<EventRow>(
    // One after the other, because the length of a row is known when it has been unpacked: what comes behind the limit
    // stays packed.
    `with recursive read as (
       (select e.id, e.position, e.at, e.type, e.data, ${EVENT_MARK} as mark, length(e.data::text) as chars, 1 as count
          from senate_events e
         where e.position > $1 and e.type = any ($2)
         order by e.position limit 1)
       union all
       select n.id, n.position, n.at, n.type, n.data, n.mark, r.chars + length(n.data::text), r.count + 1
         from read r
        cross join lateral (
              select e.id, e.position, e.at, e.type, e.data, ${EVENT_MARK} as mark
                from senate_events e
               where e.position > r.position and e.type = any ($2)
               order by e.position limit 1) n
        where r.chars < $4 and r.count < $3)
     select r.id, r.position, r.mark, r.at, r.type, r.data from read r order by r.position`,
    [position, SENATE_EVENT_TYPES, limit, charsMax],
  );
  return rows.map((row) => ({
    id: row.id,
    position: Number(row.position),
    mark: row.mark,
    at: row.at,
    event: toEvent(row),
  }));
}

/** Where the newest event that has a position stands; position 0 before the first. */
export async function headOfStream(db: Queryable): Promise<MarkedPosition> {
  const {
    rows: [head],
  } = await db.query<{ position: string; mark: string }>(
    `select e.position, ${EVENT_MARK} as mark
       from senate_events e
      where e.position is not null
      order by e.position desc
      limit 1`,
  );
  return head === undefined ? { position: 0, mark: null } : { position: Number(head.position), mark: head.mark };
}

/** The mark of the event that stands at a position; null: none does. */
export async function markAt(db: Queryable, position: number): Promise<string | null> {
  const {
    rows: [event],
  } = await db.query<{ mark: string }>(`select ${EVENT_MARK} as mark from senate_events e where e.position = $1`, [
    position,
  ]);
  return event?.mark ?? null;
}

/**
 * Whether events wait for their place, the position of the newest that has one, and the mark of the event that stands
 * at `known`.
 */
export async function newsPosition(
  db: Queryable,
  known: number,
): Promise<{ unplaced: boolean; head: number; knownMark: string | null }> {
  const { rows } = await db.query<{ unplaced: boolean; head: string; known_mark: string | null }>(
    `select exists (select from senate_events e where e.position is null) as unplaced,
            (select coalesce(max(e.position), 0) from senate_events e) as head,
            (select ${EVENT_MARK} from senate_events e where e.position = $1) as known_mark`,
    [known],
  );
  return {
    unplaced: rows[0]?.unplaced ?? true,
    head: Number(rows[0]?.head ?? 0),
    knownMark: rows[0]?.known_mark ?? null,
  };
}

/** Events that are visible and have no position yet. */
export async function unplacedEvents(db: Queryable): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    'select e.id from senate_events e where e.position is null order by e.id limit 10000',
  );
  return new Set(rows.map((row) => row.id));
}

// What events from before these were told do not carry.
const TOLD_SINCE = { then: 'resume', stayed_at: null, probing_at: null, probe_task_id: null, warned_at: null };

/**
 * The trigger writes the contract's fields; only the instants are as the database prints them. Not parsed on the way
 * out: one odd row written by hand must not hold up the stream for everyone behind it. An instant that no reader can
 * hold is told as unknown (of an alert, whose table may be another system's) or as the nearest one.
 */
function toEvent({ type, data }: EventRow): SenateEvent {
  // A row written by hand may hold JSON's null.
  const told = Object.fromEntries(
    Object.entries(data ?? {}).map(([name, value]) => [
      name,
      name.endsWith('_at') && typeof value === 'string' ? toInstant(value, type) : value,
    ]),
  );
  return { type, data: type.startsWith('pause.') ? { ...TOLD_SINCE, ...told } : told } as SenateEvent;
}

function toInstant(text: string, type: string): string | null {
  const instant = new Date(text);
  if (instant >= FIRST_INSTANT && instant <= LAST_INSTANT) return instant.toISOString();
  return type.startsWith('alert.') ? null : readInstant(text).toISOString();
}
