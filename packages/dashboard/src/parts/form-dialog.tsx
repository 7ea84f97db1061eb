import type { ComponentChildren, TargetedSubmitEvent, VNode } from 'preact';
import type { Change } from '../state/use-change.ts';
import { Dialog } from './dialog.tsx';
import { Busy } from './reading-state.tsx';

interface FormDialogProps {
  title: ComponentChildren;
  /** What the button says that sends it. */
  submit: string;
  /** Whether what was entered can be sent. */
  isReady?: boolean;
  send: () => void;
  change: Pick<Change<never>, 'busy' | 'slow' | 'trouble'>;
  /** Said while the change takes longer than a second. */
  busy?: string;
  wide?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}

/** A dialog that asks for a change: its fields, why the change failed, and the two ways out. */
export function FormDialog({
  title,
  submit,
  isReady = true,
  send,
  change,
  busy = 'Waiting for the service…',
  wide = false,
  onClose,
  children,
}: FormDialogProps): VNode {
  const onSubmit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (isReady) send();
  };
  return (
    <Dialog title={title} onClose={onClose} wide={wide}>
      <form onSubmit={onSubmit} autocomplete="off">
        {children}
        {change.trouble !== null && (
          <p class="line-trouble" role="alert">
            {change.trouble}
          </p>
        )}
        {change.slow && <Busy says={busy} />}
        <div class="actions">
          <button type="submit" class="button primary" disabled={!isReady || change.busy}>
            {submit}
          </button>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
