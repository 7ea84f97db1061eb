import { inTransaction, type Database, type Transaction } from '@orchestra/database';
import { EVENT_MARK, eventsAfter, type PlacedEvent } from '@orchestra/pause-core';
import { toCloudEvent } from '@orchestra/pause-core/contract';
import type { NoticeTarget } from '../targets/target.ts';
import { wants } from '../targets/wants.ts';

const BATCH_MAX = 200;
// With so much still to be sent nothing is added: the events stay where they are, and the cursor with them.
const BACKLOG_MAX = 1_000;

/**
 * Puts what a target is to be told of into its outbox, behind its cursor, in one transaction with the cursor: across
 * restarts nothing is skipped and nothing put in twice. Events get their place in the order in which they are seen, so
 * a cursor misses none. Of several processes one does it at a time.
 *
 * @returns whether there may be more
 */
export function takeNews(db: Database, target: NoticeTarget): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const {
      rows: [cursor],
    } = await tx.query<Cursor>(
      `select t.position, t.gone_at is not null as gone,
              -- a mark of another position was left by code that writes none
              split_part(t.event_mark, '.', 1) = t.position::text
                and t.event_mark <> (select e.position || '.' || ${EVENT_MARK}
                                       from senate_events e
                                      where e.position = t.position) as is_another,
              t.position > (select s.last_value from senate_event_position s) as is_ahead
         from notice_targets t where t.name = $1 for update of t skip locked`,
      [target.name],
    );
    if (cursor === undefined || cursor.gone || (await isFull(tx, target.name))) return false;
    const position = cursor.is_another || cursor.is_ahead ? await goOnByTime(tx, target.name) : Number(cursor.position);
    const events = await eventsAfter(tx, position, BATCH_MAX);
    const last = events.at(-1);
    if (last === undefined) return false;
    await putIn(
      tx,
      target.name,
      events.filter(({ event }) => wants(target, event)),
    );
    await tx.query('update notice_targets t set position = $2, event_mark = $3, event_at = $4 where t.name = $1', [
      target.name,
      last.position,
      `${last.position}.${last.mark}`,
      last.at,
    ]);
    return true;
  });
}

interface Cursor {
  position: string;
  gone: boolean;
  /** At the cursor stands another event than the one the target was told last. */
  is_another: boolean | null;
  /** Its position has not been given yet. */
  is_ahead: boolean;
}

async function isFull(tx: Transaction, name: string): Promise<boolean> {
  const {
    rows: [backlog],
  } = await tx.query<{ count: number }>(
    'select count(*)::int as count from (select from notice_deliveries d where d.target = $1 limit $2) waiting',
    [name, BACKLOG_MAX],
  );
  return (backlog?.count ?? 0) >= BACKLOG_MAX;
}

/**
 * Positions are given again where a database was put back to an earlier state. The target goes on behind what it was
 * told last by the time of the events: rather some twice than one not at all. Where that time is not known, it is told
 * what happens from now on.
 */
async function goOnByTime(tx: Transaction, name: string): Promise<number> {
  const {
    rows: [cursor],
  } = await tx.query<{ position: string }>(
    `update notice_targets t
        set position = coalesce((select min(e.position) - 1 from senate_events e where e.at > t.event_at),
                                (select max(e.position) from senate_events e), 0),
            event_mark = null
      where t.name = $1
      returning t.position`,
    [name],
  );
  return Number(cursor?.position ?? 0);
}

async function putIn(tx: Transaction, name: string, events: readonly PlacedEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `insert into notice_deliveries (target, position, event_id, subject, type, at, data)
     select $1, n.position, n.event_id, n.subject, n.type, n.at, n.data
       from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[]) as n (position,
         event_id, subject, type, at, data)`,
    [
      name,
      events.map(({ position }) => position),
      events.map(({ id }) => id),
      events.map((placed) => toCloudEvent(placed).subject ?? ''),
      events.map(({ event }) => event.type),
      events.map(({ at }) => at),
      events.map(({ event }) => JSON.stringify(event.data)),
    ],
  );
}
