import type { PauseView } from '@orchestra/pause-core/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useChange } from '../state/use-change.ts';
import { clearPause } from '../wire/calls.ts';
import { FormDialog } from './form-dialog.tsx';
import { Prose } from './prose.tsx';
import { ScopeName } from './scope-name.tsx';
import { ReasonField } from './reason-field.tsx';

/** Ends one pause. What it held goes on in its old order, unless another pause covers it too. */
export function ClearDialog({ view, onClose }: { view: PauseView; onClose: () => void }): VNode {
  const reason = useSignal('');
  const change = useChange(clearPause, onClose);
  return (
    <FormDialog
      title={
        <>
          Clear the pause of <ScopeName of={view} />
        </>
      }
      submit="Clear this pause"
      send={() => change.start(view.id, reason.value.trim())}
      change={change}
      busy="Clearing…"
      onClose={onClose}
    >
      <p class="aside">
        Paused by <Prose text={view.paused_by} />: <Prose text={view.reason} />
      </p>
      <p>What it held goes on in its old order at once, unless another pause covers it too.</p>
      <ReasonField label="Why it may go on" reason={reason} hint="Saved in the history. May be left empty." autofocus />
    </FormDialog>
  );
}
