import type { Database } from '@orchestra/database';
import { visibleText } from '../show/visible-text.ts';
import { failed, ok, type Finding } from './finding.ts';

const NAMED_MAX = 5;
// Lanes that are looked at: one for each set of labels that tasks wait under.
const LANES_MAX = 100_000;

interface OddRow {
  place: string;
  value: string;
  problem: string;
}

/** Rows from before their tables refused them: labels that no call can name. Their tasks would escape every pause. */
export async function checkRows(db: Database): Promise<Finding> {
  const check = 'rows';
  const {
    rows: [known],
  } = await db.query<{ known: boolean }>("select to_regproc('label_problem') is not null as known");
  if (!known?.known) return failed(check, 'cannot be looked at: migrations are missing', 'run `orchestra db migrate`');
  const { rows } = await db.query<OddRow>(
    `select o.place, o.value, coalesce(label_problem(o.value),
                                       'is in another spelling of Unicode than the one that is kept') as problem
       from (select 'pause ' || p.id as place, p.scope_value as value from active_pauses p
              union all
             select distinct c.kind || ' of waiting tasks', c.value
               from (select l.repo, l.agent_id, l.skill, l.quest_id, l.actor_id from task_lanes l limit ${LANES_MAX}) l
              cross join lateral (values ('repo', l.repo), ('agent', l.agent_id), ('skill', l.skill),
                                  ('quest', l.quest_id), ('actor', l.actor_id)) as c(kind, value)) o
      where o.value is not null and (label_problem(o.value) is not null or label_nfc(o.value) <> o.value)
      limit ${NAMED_MAX + 1}`,
  );
  if (rows.length === 0) return ok(check, 'every active pause and every waiting task has labels that a call can name');
  const named = rows
    .slice(0, NAMED_MAX)
    .map(({ place, value, problem }) => `${visibleText(place)}: "${visibleText(value)}" ${problem}`);
  return failed(
    check,
    `labels that no call can name: ${named.join('; ')}${rows.length > NAMED_MAX ? '; and more' : ''}`,
    'write them anew: update tasks set agent_id = … where agent_id = …; end the pause by its id and pause anew',
  );
}
