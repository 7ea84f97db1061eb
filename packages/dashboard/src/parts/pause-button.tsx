import type { ScopeKind } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { askToPause } from '../state/dialogs.ts';
import { may } from '../state/store.ts';

/** One click from a row to its pause. Not there for who may not pause. */
export function PauseButton({ kind, value }: { kind: ScopeKind; value: string }): VNode | null {
  if (!may('pause')) return null;
  return (
    <button
      type="button"
      class="row-button"
      aria-label={`Pause ${kind} ${value}`}
      onClick={() => askToPause({ kind, value })}
    >
      Pause
    </button>
  );
}
