import type { PauseView } from '@orchestra/pause-core/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { ActDialog } from '../../parts/act-dialog.tsx';
import { ClearDialog } from '../../parts/clear-dialog.tsx';
import { may } from '../../state/store.ts';
import { ReleaseDialog } from './release-dialog.tsx';
import { ExtendDialog } from './extend-dialog.tsx';

/** What may be done about an active pause, by who may. */
export function PauseActions({ pause, running }: { pause: PauseView; running: number }): VNode | null {
  const open = useSignal<'clear' | 'extend' | 'release' | 'stop' | null>(null);
  if (!may('pause')) return null;
  const close = (): void => { open.value = null; };
  return (
    <div class="actions">
      {running > 0 && <button type="button" class="button" onClick={() => { open.value = 'stop'; }}>Stop what runs…</button>}
      <button type="button" class="button" onClick={() => { open.value = 'release'; }}>Release…</button>
      <button type="button" class="button" onClick={() => { open.value = 'extend'; }}>Extend…</button>
      <button type="button" class="button primary" onClick={() => { open.value = 'clear'; }}>Clear…</button>
      {open.value === 'clear' && <ClearDialog view={pause} onClose={close} />}
      {open.value === 'release' && <ReleaseDialog pause={pause} onClose={close} />}
      {open.value === 'stop' && <ActDialog act="stop" ids={[]} pauseId={pause.id} onDone={close} onClose={close} />}
      {open.value === 'extend' && <ExtendDialog pause={pause} onClose={close} />}
    </div>
  );
}
