import type { PauseView } from '@orchestra/pause-core/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { ScopeName } from '../../parts/scope-name.tsx';
import { DurationField, type Duration } from '../../pause-dialog/duration-field.tsx';
import { ThenField, type Then } from '../../pause-dialog/then-field.tsx';
import { useChange } from '../../state/use-change.ts';
import { extendPause } from '../../wire/calls.ts';
import { ReasonField } from '../../parts/reason-field.tsx';

/** Gives an active pause another end, counted from now. */
export function ExtendDialog({ pause, onClose }: { pause: PauseView; onClose: () => void }): VNode {
  const duration = useSignal<Duration | null>(null);
  const then = useSignal<Then>(pause.then);
  const reason = useSignal('');
  const change = useChange(extendPause, onClose);
  const send = (): void => {
    if (duration.value !== null) change.start(pause.id, duration.value.seconds, then.value, reason.value.trim());
  };
  return (
    <FormDialog
      title={
        <>
          Extend the pause of <ScopeName of={pause} />
        </>
      }
      submit="Extend this pause"
      isReady={duration.value !== null}
      send={send}
      change={change}
      busy="Extending…"
      onClose={onClose}
    >
      <DurationField
        legend="From now on, for"
        onChange={(next) => {
          duration.value = next;
        }}
      />
      {duration.value !== null && duration.value.seconds !== null && (
        <ThenField
          value={then.value}
          onChange={(next) => {
            then.value = next;
          }}
        />
      )}
      <ReasonField label="Why" reason={reason} hint="Saved in the history. May be left empty." />
    </FormDialog>
  );
}
