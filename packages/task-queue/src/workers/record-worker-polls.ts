import type { Queryable } from '@orchestra/database';
import { forgetOldLabels, noteLabels } from '../labels/keep-known.ts';

/** A worker has asked for tasks. */
export interface Sighting {
  worker: string;
  /** Tells apart what one worker asks for; the same for the same lists. */
  wants: string;
  host: string | null;
  /** null: of any agent */
  agents: readonly string[] | null;
  /** null: of any skill */
  skills: readonly string[] | null;
  /** How long ago it asked last. */
  agoSeconds: number;
}

/**
 * Writes down which workers have asked for tasks of which labels, in one statement. From these `why` knows whether
 * anybody takes a task.
 */
export async function recordWorkerPolls(db: Queryable, sightings: readonly Sighting[]): Promise<void> {
  await db.query(
    `insert into worker_sightings as w (worker, wants, host, agents, skills, seen_at)
     select s.worker, s.wants, s.host, s.agents, s.skills, now() - make_interval(secs => s."agoSeconds")
       from jsonb_to_recordset($1::jsonb) as s(worker text, wants text, host text, agents text[], skills text[],
                                               "agoSeconds" float8)
      -- in one order, as every service writes them
      order by s.worker, s.wants
         on conflict (worker, wants) do update set host = excluded.host, seen_at = greatest(w.seen_at, excluded.seen_at)`,
    [JSON.stringify(sightings)],
  );
}

/**
 * Forgets workers that have not asked for a day and run nothing; the labels that they asked for stay known. @returns
 * how many sightings those were
 */
export async function forgetOldSightings(db: Queryable): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ sightings: number }>(
    `with gone as (
       delete from worker_sightings s
        where (s.worker, s.wants) in (
              select o.worker, o.wants from worker_sightings o
               where o.seen_at < now() - interval '1 day'
                 and not exists (select from tasks t where t.status = 'running' and t.worker_id = o.worker)
               order by o.worker, o.wants
                 for update of o skip locked)
       returning s.agents, s.skills
     ), noted as (${noteLabels(`select 'agent' as kind, unnest(g.agents) as value
                                  from gone g
                                 union all select 'skill', unnest(g.skills)
                                  from gone g`)}
     )
     select count(*)::int as sightings from gone g`,
  );
  await forgetOldLabels(db);
  return row?.sightings ?? 0;
}
