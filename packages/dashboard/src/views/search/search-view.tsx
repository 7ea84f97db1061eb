import type { PauseView } from '@orchestra/pause-core/contract';
import type { FoundTask, SearchAnswer } from '@orchestra/task-queue/contract';
import type { ComponentChildren, VNode } from 'preact';
import { Empty } from '../../parts/empty.tsx';
import { LabelLink } from '../../parts/label-link.tsx';
import { Labels } from '../../parts/labels.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { ScopeName } from '../../parts/scope-name.tsx';
import { TaskStatusBadge } from '../../parts/task-status.tsx';
import { When } from '../../parts/when.tsx';
import { reposAt } from '../../state/place.ts';
import { query } from '../../state/route.ts';
import { ONCE, useReading } from '../../state/use-reading.ts';
import { counted } from '../../text/count.ts';
import { searchFor } from '../../wire/calls.ts';

/** What has this id, or holds this text. */
export function SearchView(): VNode {
  const q = query.value.get('q')?.trim() ?? '';
  if (q === '')
    return (
      <>
        <h1>Search</h1>
        <p>
          Type an id or a text into the field above: a task’s or a pause’s id, a label, a repo, a reason, or a word of a
          payload.
        </p>
      </>
    );
  return <Found key={q} q={q} />;
}

function Found({ q }: { q: string }): VNode {
  const reading = useReading(q, (abort) => searchFor(q, abort), ONCE);
  return (
    <>
      <h1>
        Search: <Prose text={q} />
      </h1>
      <ReadingState reading={reading} what="The search" />
      {reading.value !== null && <Answer answer={reading.value} />}
    </>
  );
}

function Answer({
  answer: { task, pause, labels, repos, pauses, tasks, tasks_looked_at: lookedAt, more },
}: {
  answer: SearchAnswer;
}): VNode {
  const isEmpty = task === null && pause === null && [labels, repos, pauses, tasks].every((list) => list.length === 0);
  return (
    <>
      {isEmpty && <Empty says="Nothing was found." />}
      {(task !== null || pause !== null) && (
        <Section title="By its id">
          {task !== null && <TaskLine task={task} />}
          {pause !== null && <PauseLine pause={pause} />}
        </Section>
      )}
      {labels.length > 0 && (
        <Section title="Agents, skills, quests and actors">
          {labels.map(({ kind, value }) => (
            <li key={`${kind} ${value}`}>
              <LabelLink kind={kind} value={value} />
            </li>
          ))}
        </Section>
      )}
      {repos.length > 0 && (
        <Section title="Repos">
          {repos.map((repo) => (
            <li key={repo}>
              <Link to={reposAt(repo)} class="mono">
                <Prose text={repo} />
              </Link>
            </li>
          ))}
        </Section>
      )}
      {pauses.length > 0 && (
        <Section title="Pauses">
          {pauses.map((one) => (
            <PauseLine key={one.id} pause={one} />
          ))}
        </Section>
      )}
      {tasks.length > 0 && (
        <Section title="Tasks whose payload holds it">
          {tasks.map((one) => (
            <TaskLine key={one.id} task={one} />
          ))}
        </Section>
      )}
      <p class="aside">
        {more && 'Of each kind the first twenty are shown. '}Searched: 20,000 names of each kind, the reasons of the
        newest 1,000 pauses, and the payloads of the newest {counted(lookedAt, 'task')} (up to 8,000 bytes each). Older
        tasks are found by their id, or by their labels in <Link to="tasks">the list of tasks</Link>.
      </p>
    </>
  );
}

function Section({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul class="found">{children}</ul>
    </section>
  );
}

function TaskLine({ task }: { task: FoundTask }): VNode {
  return (
    <li>
      Task{' '}
      <Link to={`tasks/${task.id}`} class="mono">
        {task.id}
      </Link>{' '}
      <TaskStatusBadge status={task.status} parked={false} /> <Labels task={task} />{' '}
      <span class="aside">
        added <When at={task.created_at} />
      </span>
    </li>
  );
}

function PauseLine({ pause }: { pause: PauseView }): VNode {
  return (
    <li>
      <Link to={`pauses/${pause.id}`}>
        Pause {pause.id} of <ScopeName of={pause} />
      </Link>
      {pause.cleared_at !== null && (
        <>
          {' '}
          <span class="badge plain">ended</span>
        </>
      )}{' '}
      <span class="aside">
        <Prose text={pause.reason} />, <When at={pause.paused_at} />
      </span>
    </li>
  );
}
