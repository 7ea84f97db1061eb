import type { PauseView } from '@orchestra/pause-core/contract';
import { useSignal } from '@preact/signals';
import type { TargetedSubmitEvent, VNode } from 'preact';
import { useChange } from '../state/use-change.ts';
import { clearPause } from '../wire/calls.ts';
import { Busy } from './reading-state.tsx';
import { Dialog } from './dialog.tsx';
import { Prose } from './prose.tsx';
import { ScopeName } from './scope-name.tsx';

/** Ends one pause. What it held goes on in its old order, unless another pause covers it too. */
export function ClearDialog({ view, onClose }: { view: PauseView; onClose: () => void }): VNode {
  const reason = useSignal('');
  const change = useChange(clearPause, onClose);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    change.start(view.id, reason.value.trim());
  };
  return (
    <Dialog
      title={
        <>
          Clear the pause of <ScopeName of={view} />
        </>
      }
      onClose={onClose}
    >
      <form onSubmit={submit} autocomplete="off">
        <p class="aside">
          Paused by <Prose text={view.paused_by} />: <Prose text={view.reason} />
        </p>
        <p>What it held goes on in its old order at once, unless another pause covers it too.</p>
        <label class="field">
          <span class="label">Why it may go on</span>
          <input
            name="reason"
            autofocus
            maxLength={2_000}
            value={reason.value}
            onInput={(event) => {
              reason.value = event.currentTarget.value;
            }}
          />
          <span class="hint">Stands in the history. May be left empty.</span>
        </label>
        {change.trouble !== null && (
          <p class="line-trouble" role="alert">
            {change.trouble}
          </p>
        )}
        {change.slow && <Busy says="Clearing…" />}
        <div class="actions">
          <button type="submit" class="button primary" disabled={change.busy}>
            Clear this pause
          </button>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
