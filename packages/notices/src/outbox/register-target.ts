import { createHash } from 'node:crypto';
import type { Queryable } from '@orchestra/database';
import { EVENT_MARK } from '@orchestra/pause-core';
import type { NoticeTarget } from '../targets/target.ts';

/**
 * Makes a target known, or says that it is still configured. A new one is told what happens from now on. One that was
 * switched off comes back when its address is another: to the old one nobody is to call any more.
 */
export async function registerTarget(db: Queryable, { name, url }: NoticeTarget): Promise<void> {
  await db.query(
    `insert into notice_targets as t (name, address_sha256, position, event_mark, event_at)
     select $1, $2, coalesce(head.position, 0), head.position || '.' || head.mark, head.at
       from (select) one
       left join lateral (
            select e.position, e.at, ${EVENT_MARK} as mark
              from senate_events e
             where e.position is not null
             order by e.position desc
             limit 1) head on true
         on conflict (name) do update set seen_at = now(), address_sha256 = excluded.address_sha256,
            gone_at = case when t.address_sha256 = excluded.address_sha256 then t.gone_at end`,
    [name, createHash('sha256').update(url.href).digest()],
  );
}

const FORGET_AFTER_HOURS = 24;

/** Forgets targets that no pause-api has had in its configuration for a day, with what was still to be sent to them. */
export async function forgetTargets(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    'delete from notice_targets t where t.seen_at < now() - make_interval(hours => $1) returning t.name',
    [FORGET_AFTER_HOURS],
  );
  return rows.map(({ name }) => name);
}
