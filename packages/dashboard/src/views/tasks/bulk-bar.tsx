import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { ActDialog, type ActName } from '../../parts/act-dialog.tsx';
import { counted } from '../../text/count.ts';

const BUTTONS: readonly (readonly [ActName, string, string])[] = [
  ['retry', 'Retry…', 'r'],
  ['cancel', 'Cancel…', 'c'],
  ['move', 'Move…', 'm'],
  ['stop', 'Stop…', 'x'],
];

/** What may be done to the tasks that are selected. */
export function BulkBar({ ids, onDone }: { ids: readonly string[]; onDone: () => void }): VNode {
  const open = useSignal<ActName | null>(null);
  return (
    <div class="bulk-bar" role="toolbar" aria-label="Selected tasks">
      <span role="status">{counted(ids.length, 'task')} selected</span>
      {BUTTONS.map(([act, says, key]) => (
        <button
          key={act}
          type="button"
          class="row-button"
          data-key={key}
          onClick={() => {
            open.value = act;
          }}
        >
          {says}
        </button>
      ))}
      {open.value !== null && (
        <ActDialog
          act={open.value}
          ids={ids}
          onDone={() => {
            open.value = null;
            onDone();
          }}
          onClose={() => {
            open.value = null;
          }}
        />
      )}
    </div>
  );
}
