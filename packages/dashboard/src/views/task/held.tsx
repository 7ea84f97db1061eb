import type { TaskView } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { Prose } from '../../parts/prose.tsx';
import { When } from '../../parts/when.tsx';

const LINES_MAX = 20;

/** Why its environment stopped the task, and what to repair before it may go on. */
export function Held({ task }: { task: TaskView }): VNode | null {
  const evidence = task.held_evidence;
  if (task.status !== 'held' || typeof evidence !== 'object' || evidence === null) return null;
  const says = textIn(evidence, 'says');
  const fix = textIn(evidence, 'fix');
  const lines = linesIn(evidence);
  return (
    <section class="question" aria-label="Why it is held">
      <h2>
        Held
        {task.held_at !== null && (
          <>
            {' '}
            since <When at={task.held_at} />
          </>
        )}
      </h2>
      {says !== null && (
        <p class="prose">
          <Prose text={says} />
        </p>
      )}
      {fix !== null && (
        <p class="prose">
          <b>To repair:</b> <Prose text={fix} />
        </p>
      )}
      {lines.length > 0 && (
        <pre class="kept" tabIndex={0}>
          <Prose text={lines.join('\n')} />
        </pre>
      )}
    </section>
  );
}

function textIn(facts: object, name: 'says' | 'fix'): string | null {
  const value: unknown = Reflect.get(facts, name);
  return typeof value === 'string' ? value : null;
}

/** The lines of the output by which a runner decided. */
function linesIn(facts: object): string[] {
  const evidence: unknown = Reflect.get(facts, 'evidence');
  const lines: unknown = typeof evidence === 'object' && evidence !== null ? Reflect.get(evidence, 'lines') : null;
  return Array.isArray(lines) ? lines.filter((line) => typeof line === 'string').slice(0, LINES_MAX) : [];
}
