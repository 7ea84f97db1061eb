import type { PausePage } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { moveBetweenRows } from '../../parts/arrow-rows.ts';
import { Age } from '../../parts/age.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { When } from '../../parts/when.tsx';

/** The runs that were admitted before the pause, and what became of each. */
export function RunsBefore({ page }: { page: PausePage }): VNode {
  const { admitted_before: runs, admitted_before_count: total } = page;
  return (
    <section aria-labelledby="runs-title">
      <h2 id="runs-title">Admitted before the pause</h2>
      {runs.length === 0 && <p class="aside">No run that it covers was under way.</p>}
      {runs.length > 0 && (
        <table class="table cards">
          <caption class="for-readers">Runs admitted before the pause</caption>
          <thead>
            <tr>
              <th scope="col">Task</th>
              <th scope="col">Worker</th>
              <th scope="col">Host</th>
              <th scope="col">Started</th>
              <th scope="col">Last heartbeat</th>
              <th scope="col">Ended</th>
            </tr>
          </thead>
          <tbody onKeyDown={moveBetweenRows}>
            {runs.map(({ run, ended_at: endedAt, ended_as: endedAs }) => (
              <tr key={run.run_id}>
                <th scope="row">
                  <Link to={`tasks/${run.task_id}`} class="mono">
                    {run.task_id}
                  </Link>
                </th>
                <td data-label="Worker">
                  <Prose text={run.worker} />
                </td>
                <td data-label="Host">{run.host === null ? '–' : <Prose text={run.host} />}</td>
                <td class="ticks" data-label="Started">
                  {endedAt === null ? <Age since={run.started_at} /> : <When at={run.started_at} />}
                </td>
                <td class="ticks" data-label="Last heartbeat">
                  {endedAt === null ? <Age since={run.heartbeat_at} /> : '–'}
                </td>
                <td data-label="Ended">
                  {endedAt === null ? (
                    <span class="badge warn">running</span>
                  ) : (
                    <>
                      <span class={`badge ${endedAs === 'completed' ? 'good' : 'plain'}`}>{endedAs ?? 'ended'}</span>{' '}
                      <When at={endedAt} />
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {total > runs.length && (
        <p class="aside">
          The first {runs.length} of {total}.
        </p>
      )}
    </section>
  );
}
