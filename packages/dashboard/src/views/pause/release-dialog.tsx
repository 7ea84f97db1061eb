import type { PauseView } from '@orchestra/pause-core/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { ScopeName } from '../../parts/scope-name.tsx';
import { useChange } from '../../state/use-change.ts';
import { releaseBacklog } from '../../wire/calls.ts';

const PACES = [
  ['one', 'one task, now'],
  ['rate', 'so many a minute'],
  ['within', 'all within'],
] as const;
type Pace = (typeof PACES)[number][0];

/** Lets what the pause holds go carefully: one task, or one after the other at a pace. */
export function ReleaseDialog({ pause, onClose }: { pause: PauseView; onClose: () => void }): VNode {
  const pace = useSignal<Pace>('one');
  const number = useSignal(5);
  const change = useChange(releaseBacklog, onClose);
  const send = (): void => {
    if (pace.value === 'one') change.start({ id: pause.id, one: true });
    else if (pace.value === 'rate') change.start({ id: pause.id, gap_seconds: 60 / number.value });
    else change.start({ id: pause.id, within_seconds: number.value * 60 });
  };
  return (
    <FormDialog
      title={
        <>
          Release what <ScopeName of={pause} /> holds
        </>
      }
      submit="Release"
      isReady={number.value >= 1}
      send={send}
      change={change}
      busy="Releasing…"
      onClose={onClose}
    >
      <p>
        In the order of the queue, one task after the other. The pause holds everything else
        {pace.value === 'one' ? '.' : ', and ends when nothing waits any more.'}
      </p>
      <fieldset class="choices">
        <legend class="label">How</legend>
        {PACES.map(([one, says]) => (
          <label key={one}>
            <input
              type="radio"
              name="pace"
              checked={pace.value === one}
              onChange={() => {
                pace.value = one;
              }}
            />
            <span>{says}</span>
          </label>
        ))}
      </fieldset>
      {pace.value !== 'one' && (
        <label class="field">
          <span class="label">{pace.value === 'rate' ? 'Tasks a minute' : 'Minutes'}</span>
          <input
            name="number"
            type="number"
            min={1}
            max={600}
            step={1}
            required
            value={number.value}
            onInput={(event) => {
              number.value = event.currentTarget.valueAsNumber;
            }}
          />
        </label>
      )}
    </FormDialog>
  );
}
