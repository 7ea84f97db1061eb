import type { Queryable } from '@orchestra/database';
import { findPause, LABEL_KINDS, searchPauses, toPauseView, type LabelKind } from '@orchestra/pause-core';
import { id } from '@orchestra/pause-core/contract';
import {
  FOUND_MAX,
  PAYLOAD_SEARCHED_BYTES_MAX,
  PAYLOADS_SEARCHED_MAX,
  type FoundTask,
  type SearchAnswer,
} from '../contract/search.ts';
import { knownNames, NAMES_MAX } from './known-names.ts';

const holds = (name: string): string => `position(lower($1) in lower(${name})) > 0`;
const itFirst = (name: string): string => `lower(${name}) = lower($1) desc, length(${name}), ${name}`;

const labelsOf = (kind: LabelKind): string => `
select '${kind}' as kind, n.value from (${knownNames(kind, holds)}) n`;

const LABELS = `
select f.kind, f.value
  from (${LABEL_KINDS.map(labelsOf).join('\n union all\n')}) f
 order by ${itFirst('f.value')}, f.kind
 limit ${FOUND_MAX + 1}`;

const REPOS = `
select g.repo
  from (select g.repo from repo_gates g limit ${NAMES_MAX}) g
 where ${holds('g.repo')}
 order by ${itFirst('g.repo')}
 limit ${FOUND_MAX + 1}`;

const FOUND = 't.id::text as id, t.status, t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, t.created_at';

// No index helps with a text within a payload. A fixed number of the newest is gone through by the primary key, however
// old the queue is; long ones would have to be fetched from where they are kept apart.
const TASKS = `
with newest as materialized (
  select t.id, t.status, t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, t.created_at,
         case when pg_column_size(t.payload) <= ${PAYLOAD_SEARCHED_BYTES_MAX} then t.payload::text end as payload
    from tasks t
   order by t.id desc
   limit ${PAYLOADS_SEARCHED_MAX}
)
select (select count(*)::int from newest n where n.payload is not null) as looked_at, f.*
  from (select) as always
  left join lateral (select ${FOUND}
                       from newest t
                      where ${holds('t.payload')}
                      order by t.id desc
                      limit ${FOUND_MAX + 1}) f on true`;

type Row = Omit<FoundTask, 'created_at'> & { created_at: Date };

/**
 * What has this id, or holds this text: tasks, pauses, labels and repos. Looks at a number of rows that does not grow
 * with the tasks that have finished.
 */
export async function search(db: Queryable, text: string): Promise<SearchAnswer> {
  const isId = id.safeParse(text).success;
  const {
    rows: [task],
  } = isId ? await db.query<Row>(`select ${FOUND} from tasks t where t.id = $1`, [text]) : { rows: [] };
  const pause = isId ? await findPause(db, text) : undefined;
  const { rows: labels } = await db.query<SearchAnswer['labels'][number]>(LABELS, [text]);
  const { rows: repos } = await db.query<{ repo: string }>(REPOS, [text]);
  const pauses = await searchPauses(db, text, FOUND_MAX + 1);
  const { rows: tasks } = await db.query<Row & { id: string | null; looked_at: number }>(TASKS, [text]);
  const found = tasks.flatMap(({ looked_at: _lookedAt, ...row }) => (row.id === null ? [] : [toFound(row)]));
  return {
    q: text,
    task: task === undefined ? null : toFound(task),
    pause: pause === undefined ? null : toPauseView(pause),
    labels: labels.slice(0, FOUND_MAX),
    repos: repos.slice(0, FOUND_MAX).map(({ repo }) => repo),
    pauses: pauses.slice(0, FOUND_MAX).map(toPauseView),
    tasks: found.slice(0, FOUND_MAX),
    tasks_looked_at: tasks[0]?.looked_at ?? 0,
    more: [labels, repos, pauses, found].some((list) => list.length > FOUND_MAX),
  };
}

function toFound({ created_at: at, ...row }: Row): FoundTask {
  return { ...row, created_at: at.toISOString() };
}
