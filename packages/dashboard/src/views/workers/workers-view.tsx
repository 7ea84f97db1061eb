import type { WorkerView } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { Age } from '../../parts/age.tsx';
import { moveBetweenRows } from '../../parts/arrow-rows.ts';
import { Empty } from '../../parts/empty.tsx';
import { FilterField } from '../../parts/filter-field.tsx';
import { LabelLink } from '../../parts/label-link.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { labelAt } from '../../state/place.ts';
import { query } from '../../state/route.ts';
import { desk } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { counted } from '../../text/count.ts';
import { queryAmong } from '../../text/query-among.ts';
import { readWorkers } from '../../wire/calls.ts';

const GAP_MS = 3_000;
const LISTED = 200;
const NAMES_SHOWN_MAX = 4;

/** The workers: what they ask for, what they run, and when they last reported. */
export function WorkersView(): VNode {
  const asked = queryAmong(['contains'], query.value);
  asked.set('limit', String(LISTED));
  // To ask and to send a heartbeat is no event: it is read with the ticks.
  const reading = useReading(String(asked), (signal) => readWorkers(asked, signal), desk, { gapMs: GAP_MS });
  const found = reading.value;
  return (
    <>
      <h1>Workers</h1>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <FilterField name="contains" label="worker" placeholder="part of a name" main />
      </form>
      <ReadingState reading={reading} what="The workers" />
      {found !== null && found.workers.length === 0 && (
        <Empty
          says={
            asked.has('contains')
              ? 'No worker whose name contains this has reported within a day.'
              : 'No worker has reported within a day.'
          }
        >
          <p class="aside">
            Start one: <code>orchestra worker --name w-1 -- ./agent.sh</code>
          </p>
        </Empty>
      )}
      {found !== null && found.workers.length > 0 && (
        <table class="table cards workers">
          <caption class="for-readers">Workers, those that reported last first</caption>
          <thead>
            <tr>
              <th scope="col">Worker</th>
              <th scope="col">Host</th>
              <th scope="col">Asks for</th>
              <th scope="col">Runs</th>
              <th scope="col">Last reported</th>
            </tr>
          </thead>
          <tbody onKeyDown={moveBetweenRows}>
            {found.workers.map((worker) => (
              <WorkerRow key={worker.worker} worker={worker} />
            ))}
          </tbody>
        </table>
      )}
      {found?.more === true && (
        <p class="aside">The first {found.workers.length}. Find the others by a part of their name.</p>
      )}
    </>
  );
}

function WorkerRow({
  worker: { worker, host, asks, running, runs, last_reported_at: reported },
}: {
  worker: WorkerView;
}): VNode {
  return (
    <tr>
      <th scope="row">
        <b class="mono">
          <Prose text={worker} />
        </b>
      </th>
      <td data-label="Host">{host === null ? '–' : <Prose text={host} />}</td>
      <td data-label="Asks for">
        <div>
          {asks.length === 0 ? (
            <span class="aside">has not asked within a day</span>
          ) : (
            asks.map((ask, index) => (
              <div key={index}>
                <Asks ask={ask} />
              </div>
            ))
          )}
        </div>
      </td>
      <td data-label="Runs">
        <div>
          {running === 0 && <span class="none">nothing</span>}
          {runs.map((run) => (
            <div key={run.run_id}>
              <Link to={`tasks/${run.task_id}`} class="mono">
                {run.task_id}
              </Link>
              {run.agent_id !== null && (
                <>
                  {' '}
                  <LabelLink kind="agent" value={run.agent_id} />
                </>
              )}
              {run.skill !== null && (
                <>
                  {' '}
                  <LabelLink kind="skill" value={run.skill} />
                </>
              )}
            </div>
          ))}
          {running > runs.length && <span class="aside">and {counted(running - runs.length, 'other run')}</span>}
        </div>
      </td>
      <td class="ticks" data-label="Last reported">
        <Age since={reported} word="at" />
      </td>
    </tr>
  );
}

function Asks({ ask: { agents, skills } }: { ask: WorkerView['asks'][number] }): VNode {
  if (agents === null && skills === null) return <>any task</>;
  return (
    <>
      {skills !== null && <Names kind="skill" names={skills} />}
      {skills !== null && agents !== null && ' of '}
      {agents !== null && <Names kind="agent" names={agents} />}
    </>
  );
}

function Names({ kind, names }: { kind: 'agent' | 'skill'; names: readonly string[] }): VNode {
  const rest = names.length - NAMES_SHOWN_MAX;
  return (
    <span class="scope">
      <span class="kind">{kind}</span>{' '}
      {names.slice(0, NAMES_SHOWN_MAX).map((name, index) => (
        <span key={name}>
          {index > 0 && ', '}
          <Link to={labelAt(kind, name)}>
            <b>
              <Prose text={name} />
            </b>
          </Link>
        </span>
      ))}
      {rest > 0 && ` and ${rest} more`}
    </span>
  );
}
