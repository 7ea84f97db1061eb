import type { PauseView } from '@orchestra/pause-core/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { ClearDialog } from '../../parts/clear-dialog.tsx';
import { may } from '../../state/store.ts';
import { ExtendDialog } from './extend-dialog.tsx';

/** What may be done about an active pause, by who may. */
export function PauseActions({ pause }: { pause: PauseView }): VNode | null {
  const open = useSignal<'clear' | 'extend' | null>(null);
  if (!may('pause')) return null;
  const close = (): void => { open.value = null; };
  return (
    <div class="actions">
      <button type="button" class="button" onClick={() => { open.value = 'extend'; }}>Extend…</button>
      <button type="button" class="button primary" onClick={() => { open.value = 'clear'; }}>Clear…</button>
      {open.value === 'clear' && <ClearDialog view={pause} onClose={close} />}
      {open.value === 'extend' && <ExtendDialog pause={pause} onClose={close} />}
    </div>
  );
}
