import type { Queryable } from '@orchestra/database';
import type { Notice } from '../shapes/notice.ts';

/** A notice that this process is to send now. */
export interface HeldNotice {
  target: string;
  position: string;
  heldBy: string;
  /** This one included. */
  tries: number;
  subject: string;
  notice: Notice;
}

interface DeliveryRow {
  target: string;
  position: string;
  event_id: string;
  subject: string;
  type: string;
  at: Date;
  data: unknown;
  tries: number;
}

// Longer than a call may take. A process that dies holds its notices up for no longer.
const HELD_SECONDS = 30;

// The first of each subject: a later word about a pause waits until the earlier one was sent or given up.
const FIRST_OF_SUBJECT =
  'not exists (select from notice_deliveries b where b.target = d.target and b.subject = ' +
  'd.subject and b.position < d.position)';

/** Takes what is due for a target, oldest first, so that no other process sends it meanwhile. */
export async function takeDue(db: Queryable, target: string, max: number, heldBy: string): Promise<HeldNotice[]> {
  const { rows } = await db.query<DeliveryRow>(
    `with due as (
       select d.target, d.position
         from notice_deliveries d join notice_targets t on t.name = d.target
        where d.target = $1 and d.next_try_at <= now() and (d.held_until is null or d.held_until <= now())
          and ${FIRST_OF_SUBJECT}
          and t.gone_at is null and (t.resting_until is null or t.resting_until <= now())
        order by d.position limit $2
          for update of d skip locked)
     update notice_deliveries d set held_by = $3, held_until = now() + make_interval(secs => ${HELD_SECONDS}),
       tries = d.tries + 1
       from due where d.target = due.target and d.position = due.position
     returning d.target, d.position, d.event_id, d.subject, d.type, d.at, d.data, d.tries`,
    [target, max, heldBy],
  );
  return rows
    .toSorted((a, b) => Number(a.position) - Number(b.position))
    .map((row) => ({
      target: row.target,
      position: row.position,
      heldBy,
      tries: row.tries,
      subject: row.subject,
      // Written by `takeNews`, from an event as the contract types it.
      notice: { eventId: row.event_id, at: row.at, event: { type: row.type, data: row.data } as Notice['event'] },
    }));
}

/** In how many milliseconds something is due; undefined: nothing waits. */
export async function nextDueMs(db: Queryable, target: string): Promise<number | undefined> {
  const {
    rows: [next],
  } = await db.query<{ ms: number | null }>(
    // Reckoned as numbers: before version 17 the server takes nothing from `infinity`.
    `select (extract(epoch
       from min(greatest(d.next_try_at, d.held_until, t.resting_until))) - extract(epoch
         from now()))::float8 * 1000 as ms
       from notice_deliveries d join notice_targets t on t.name = d.target
      where d.target = $1 and t.gone_at is null and ${FIRST_OF_SUBJECT}`,
    [target],
  );
  return next?.ms ?? undefined;
}
