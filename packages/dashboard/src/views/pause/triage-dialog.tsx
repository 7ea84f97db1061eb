import type { PauseView } from '@orchestra/pause-core/contract';
import type { TriageAnswer, TriageBy, TriageRequest } from '@orchestra/task-queue/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { ScopeName } from '../../parts/scope-name.tsx';
import { When } from '../../parts/when.tsx';
import { useChange } from '../../state/use-change.ts';
import { ONCE, useReading } from '../../state/use-reading.ts';
import { count, counted } from '../../text/count.ts';
import { clearPause, readTriage, triage, type Wanted } from '../../wire/calls.ts';
import { ReasonField } from '../../parts/reason-field.tsx';

type Act = 'run' | 'cancel' | 'park';
const ACTS: readonly Act[] = ['run', 'cancel', 'park'];
const WAYS: readonly (readonly [TriageBy, string])[] = [
  ['age', 'by age'],
  ['failures', 'by failures since'],
  ['quest', 'by quest'],
];
// What waits is told apart up to ten thousand, and one call changes five hundred.
const ROUNDS_MAX = 50;

/** Before a pause is ended: what of it may run, what is cancelled, and what is parked. */
export function TriageDialog({ pause, onClose }: { pause: PauseView; onClose: () => void }): VNode {
  const by = useSignal<TriageBy>('age');
  const acts = useSignal<Readonly<Record<string, Act>>>({});
  const clears = useSignal(true);
  const reason = useSignal('');
  const done = useSignal<Pick<TriageAnswer, 'cancelled' | 'parked'> | null>(null);
  // The groups stay as they were shown while somebody decides about them.
  const reading = useReading(`triage ${pause.id} ${by.value}`, (abort) => readTriage(pause.id, by.value, abort), ONCE);
  const change = useChange(carryOut, (answer) => {
    done.value = answer;
    if (clears.peek()) onClose();
  });
  const groups = reading.value?.groups ?? [];
  const actOf = (key: string): Act => acts.value[key] ?? 'run';
  const tasksTo = (act: Act): number =>
    groups.reduce((all, group) => all + (actOf(group.key) === act ? group.tasks : 0), 0);
  const changed = tasksTo('cancel') + tasksTo('park');
  const keysTo = (act: Act): string[] => groups.filter(({ key }) => actOf(key) === act).map(({ key }) => key);
  const send = (): void => {
    if (reading.value === null) return;
    const { at } = reading.value;
    change.start(
      {
        id: pause.id,
        by: by.value,
        at,
        cancel: keysTo('cancel'),
        park: keysTo('park'),
        ...(reason.value.trim() === '' ? {} : { reason: reason.value.trim() }),
      },
      clears.value,
    );
  };
  return (
    <FormDialog
      title={
        <>
          Triage what <ScopeName of={pause} /> holds
        </>
      }
      submit={!clears.value ? 'Do this' : changed > 0 ? 'Do this and clear the pause' : 'Clear the pause'}
      isReady={reading.value !== null && (clears.value || changed > 0)}
      send={send}
      change={change}
      busy="Going through the groups…"
      wide
      onClose={onClose}
    >
      <fieldset class="choices">
        <legend class="label">Groups</legend>
        {WAYS.map(([way, says]) => (
          <label key={way}>
            <input
              type="radio"
              name="by"
              checked={by.value === way}
              onChange={() => {
                by.value = way;
                acts.value = {};
              }}
            />
            <span>{says}</span>
          </label>
        ))}
      </fieldset>
      <ReadingState reading={reading} what="What waits" />
      {reading.value !== null && groups.length === 0 && <p>Nothing waits under it that is not parked.</p>}
      {groups.length > 0 && (
        <table class="table cards">
          <caption class="for-readers">Groups of waiting tasks</caption>
          <thead>
            <tr>
              <th scope="col">Group</th>
              <th scope="col" class="number">
                Tasks
              </th>
              <th scope="col">Oldest</th>
              <th scope="col">To do</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.key}>
                <th scope="row">
                  <Prose text={group.says} />{' '}
                  <span class="aside">
                    such as{' '}
                    <Link to={`tasks/${group.first_ids[0] ?? ''}`} apart class="mono">
                      {group.first_ids[0]}
                    </Link>
                  </span>
                </th>
                <td class="number" data-label="Tasks">
                  {count(group.tasks)}
                </td>
                <td class="ticks" data-label="Oldest">
                  <When at={group.oldest_at} />
                </td>
                <td data-label="To do">
                  <select
                    aria-label={`What to do with ${group.says}`}
                    value={actOf(group.key)}
                    onChange={(event) => {
                      acts.value = {
                        ...acts.value,
                        [group.key]: ACTS.find((act) => act === event.currentTarget.value) ?? 'run',
                      };
                    }}
                  >
                    {ACTS.map((act) => (
                      <option key={act} value={act}>
                        {act}
                      </option>
                    ))}
                  </select>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {reading.value?.more === true && (
        <p class="aside">
          More wait: these are the oldest {count(reading.value.counted)}. Triage again for the others before you clear.
        </p>
      )}
      {reading.value?.groups_more === true && (
        <p class="aside">There are more groups; those with the most tasks are shown. The others run.</p>
      )}
      <ReasonField label="Why" reason={reason} hint="Saved in the history, and with the tasks that are parked." />
      <label class="check">
        <input
          type="checkbox"
          name="clears"
          checked={clears.value}
          onChange={(event) => {
            clears.value = event.currentTarget.checked;
          }}
        />{' '}
        then clear the pause
      </label>
      <p role="status">
        {counted(tasksTo('cancel'), 'task')} cancelled, {counted(tasksTo('park'), 'task')} parked;{' '}
        {counted(tasksTo('run'), 'task', reading.value?.more ?? false)} {clears.value ? 'to run' : 'held on'}.
      </p>
      {done.value !== null && (
        <p class="good-text">
          {counted(done.value.cancelled, 'task')} cancelled, {counted(done.value.parked, 'task')} parked.
        </p>
      )}
    </FormDialog>
  );
}

/** Call by call, until it is through; then ends the pause where that is wanted. */
async function carryOut(
  wanted: Wanted,
  request: TriageRequest,
  clears: boolean,
): Promise<Pick<TriageAnswer, 'cancelled' | 'parked'>> {
  let cancelled = 0;
  let parked = 0;
  if ((request.cancel?.length ?? 0) + (request.park?.length ?? 0) > 0) {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const answer = await triage(wanted, request);
      cancelled += answer.cancelled;
      parked += answer.parked;
      if (!answer.again) break;
    }
  }
  if (clears) await clearPause(wanted, request.id, request.reason ?? '');
  return { cancelled, parked };
}
