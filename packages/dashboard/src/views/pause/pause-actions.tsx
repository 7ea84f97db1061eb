import type { PauseView } from '@orchestra/pause-core/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { ActDialog } from '../../parts/act-dialog.tsx';
import { ClearDialog } from '../../parts/clear-dialog.tsx';
import { may } from '../../state/store.ts';
import { TriageDialog } from './triage-dialog.tsx';
import { VerifyDialog } from './verify-dialog.tsx';
import { ReleaseDialog } from './release-dialog.tsx';
import { ExtendDialog } from './extend-dialog.tsx';

/** What may be done about an active pause, by who may. */
export function PauseActions({ pause, running, since }: { pause: PauseView; running: number; since: string }): VNode {
  const open = useSignal<'clear' | 'extend' | 'release' | 'stop' | 'triage' | 'verify' | null>(null);
  const close = (): void => {
    open.value = null;
  };
  // Anyone who may look may verify.
  const verify = (
    <button
      type="button"
      class="button"
      data-key="v"
      onClick={() => {
        open.value = 'verify';
      }}
    >
      Verify
    </button>
  );
  const verifying = open.value === 'verify' && <VerifyDialog pause={pause} since={since} onClose={close} />;
  if (!may('pause') || pause.cleared_at !== null)
    return (
      <div class="actions">
        {verify}
        {verifying}
      </div>
    );
  return (
    <div class="actions">
      {running > 0 && (
        <button
          type="button"
          class="button"
          data-key="x"
          onClick={() => {
            open.value = 'stop';
          }}
        >
          Stop what runs…
        </button>
      )}
      <button
        type="button"
        class="button"
        data-key="t"
        onClick={() => {
          open.value = 'triage';
        }}
      >
        Triage…
      </button>
      <button
        type="button"
        class="button"
        data-key="r"
        onClick={() => {
          open.value = 'release';
        }}
      >
        Release…
      </button>
      <button
        type="button"
        class="button"
        data-key="e"
        onClick={() => {
          open.value = 'extend';
        }}
      >
        Extend…
      </button>
      <button
        type="button"
        class="button primary"
        data-key="c"
        onClick={() => {
          open.value = 'clear';
        }}
      >
        Clear…
      </button>
      {verify}
      {verifying}
      {open.value === 'triage' && <TriageDialog pause={pause} onClose={close} />}
      {open.value === 'clear' && <ClearDialog view={pause} onClose={close} />}
      {open.value === 'release' && <ReleaseDialog pause={pause} onClose={close} />}
      {open.value === 'stop' && <ActDialog act="stop" ids={[]} pauseId={pause.id} onDone={close} onClose={close} />}
      {open.value === 'extend' && <ExtendDialog pause={pause} onClose={close} />}
    </div>
  );
}
