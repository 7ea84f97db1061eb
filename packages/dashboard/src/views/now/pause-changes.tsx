import type { PauseView } from '@orchestra/pause-core/contract';
import { scopeOf, scopeText } from '@orchestra/pause-core/scope';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { ClearDialog } from '../../parts/clear-dialog.tsx';
import { ExtendDialog } from '../pause/extend-dialog.tsx';

/** The ways to change an active pause from the row of the label that it holds. */
export function PauseChanges({ view }: { view: PauseView }): VNode {
  const open = useSignal<'clear' | 'extend' | null>(null);
  const close = (): void => {
    open.value = null;
  };
  return (
    <>
      <button
        type="button"
        class="row-button"
        data-key="e"
        aria-label={`Extend pause ${view.id} of ${scopeText(scopeOf(view))}`}
        onClick={() => {
          open.value = 'extend';
        }}
      >
        Extend
      </button>{' '}
      <button
        type="button"
        class="row-button"
        data-key="c"
        aria-label={`Clear pause ${view.id} of ${scopeText(scopeOf(view))}`}
        onClick={() => {
          open.value = 'clear';
        }}
      >
        Clear
      </button>
      {open.value === 'clear' && <ClearDialog view={view} onClose={close} />}
      {open.value === 'extend' && <ExtendDialog pause={view} onClose={close} />}
    </>
  );
}
