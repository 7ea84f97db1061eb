import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { moveBetweenRows } from '../../parts/arrow-rows.ts';
import { Empty } from '../../parts/empty.tsx';
import { FilterField } from '../../parts/filter-field.tsx';
import { Link } from '../../parts/link.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { query } from '../../state/route.ts';
import { may, tasksVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { queryAmong } from '../../text/query-among.ts';
import { readGates } from '../../wire/calls.ts';
import { FreezeDialog } from './gate-dialogs.tsx';
import { RepoRow } from './repo-row.tsx';

const GAP_MS = 3_000;

/** The serial gates: who works in a repo, who is first in line, what holds that one, and the ways to change it. */
export function ReposView(): VNode {
  const asked = queryAmong(['contains', 'repo'], query.value);
  const reading = useReading(String(asked), (signal) => readGates(asked, signal), tasksVersion, { gapMs: GAP_MS });
  const freezing = useSignal(false);
  const gates = reading.value;
  return (
    <>
      <header class="title">
        <div>
          <h1>Repos</h1>
          <p class="lead">
            The tasks of a repo start one after the other, unless its limit is higher.
            {gates !== null && !gates.enabled && ' The serial gate is switched off here: they start all the same.'}
            {gates !== null &&
              gates.only_repos !== null &&
              ` The gate holds for ${gates.only_repos.length} of them alone.`}
          </p>
        </div>
        {may('pause') && (
          <div class="actions" data-whole-view>
            <button
              type="button"
              class="button"
              onClick={() => {
                freezing.value = true;
              }}
            >
              Freeze a repo…
            </button>
          </div>
        )}
      </header>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <FilterField name="contains" label="repo" placeholder="part of a name" main />
      </form>
      {asked.has('repo') && (
        <p class="aside">
          One repo alone. <Link to="repos">Show all repos</Link>
        </p>
      )}
      <ReadingState reading={reading} what="The repos" />
      {gates !== null && gates.repos.length === 0 && (
        <Empty says={asked.size > 0 ? 'No matching repos.' : 'No repos to show.'}>
          <p class="aside">
            Shown are repos with tasks that wait, run or are parked, that are frozen, or that have another limit than
            one.
          </p>
        </Empty>
      )}
      {gates !== null && gates.repos.length > 0 && (
        <table class="table cards repos">
          <caption class="for-readers">Repos, by name</caption>
          <thead>
            <tr>
              <th scope="col">Repo</th>
              <th scope="col">In progress</th>
              <th scope="col">First in line</th>
              <th scope="col" class="number">
                Waiting
              </th>
              <th scope="col" class="number">
                Parked
              </th>
              {may('pause') && (
                <th scope="col">
                  <span class="for-readers">Change</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody onKeyDown={moveBetweenRows}>
            {gates.repos.map((gate) => (
              <RepoRow key={gate.repo} gate={gate} onChange={reading.now} />
            ))}
          </tbody>
        </table>
      )}
      {gates?.more === true && (
        <p class="aside">The first {gates.repos.length}. Find the others by a part of their name.</p>
      )}
      {freezing.value && (
        <FreezeDialog
          repo={null}
          onDone={() => {
            freezing.value = false;
            reading.now();
          }}
          onClose={() => {
            freezing.value = false;
          }}
        />
      )}
    </>
  );
}
