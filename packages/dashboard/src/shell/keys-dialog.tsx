import type { VNode } from 'preact';
import { Dialog } from '../parts/dialog.tsx';
import { keysDialog } from '../state/dialogs.ts';
import { KEYS } from './keys.ts';

export function KeysDialog(): VNode {
  const close = (): void => {
    keysDialog.value = false;
  };
  return (
    <Dialog title="Keys" onClose={close} wide>
      <dl class="keys">
        {KEYS.map(([keys, says]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
      <div class="actions">
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
