import type { TaskView } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { LabelLink } from './label-link.tsx';

const LABELS = [
  ['agent', 'agent_id'],
  ['skill', 'skill'],
  ['quest', 'quest_id'],
  ['actor', 'actor_id'],
  ['repo', 'repo'],
] as const;

/** The labels of a task, each a link to its own page. */
export function Labels({ task }: { task: Pick<TaskView, (typeof LABELS)[number][1]> }): VNode {
  const given = LABELS.filter(([, field]) => task[field] !== null);
  if (given.length === 0) return <span class="aside">no labels</span>;
  return (
    <span class="labels">
      {given.map(([kind, field]) => (
        <LabelLink key={field} kind={kind} value={task[field] ?? ''} />
      ))}
    </span>
  );
}
