import type { TaskView } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { labelAt, reposAt } from '../state/place.ts';
import { Link } from './link.tsx';
import { Prose } from './prose.tsx';

const LABELS = [
  ['agent', 'agent_id'],
  ['skill', 'skill'],
  ['quest', 'quest_id'],
  ['actor', 'actor_id'],
  ['repo', 'repo'],
] as const;

const pageOf = (kind: (typeof LABELS)[number][0], value: string): string =>
  kind === 'repo' ? reposAt(value) : labelAt(kind, value);

/** The labels of a task, each a link to its own page. */
export function Labels({ task }: { task: Pick<TaskView, (typeof LABELS)[number][1]> }): VNode {
  const given = LABELS.filter(([, field]) => task[field] !== null);
  if (given.length === 0) return <span class="aside">no labels</span>;
  return (
    <span class="labels">
      {given.map(([kind, field]) => (
        <Link key={field} to={pageOf(kind, task[field] ?? '')} class="scope">
          <span class="kind">{kind}</span>{' '}
          <b>
            <Prose text={task[field] ?? ''} />
          </b>
        </Link>
      ))}
    </span>
  );
}
