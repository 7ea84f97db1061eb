import { useSignal } from '@preact/signals';
import type { TargetedSubmitEvent, VNode } from 'preact';
import { Dialog } from './dialog.tsx';
import { Prose } from './prose.tsx';
import { Busy } from './reading-state.tsx';
import { useChange } from '../state/use-change.ts';

interface WordsDialogProps {
  title: string;
  says: string;
  label: string;
  submit: string;
  long?: boolean;
  make: (wanted: { key: string; signal: AbortSignal }, words: string) => Promise<unknown>;
  onDone: () => void;
  onClose: () => void;
}

/** A change that needs a few words. */
export function WordsDialog({
  title,
  says,
  label,
  submit,
  long = false,
  make,
  onDone,
  onClose,
}: WordsDialogProps): VNode {
  const words = useSignal('');
  const change = useChange(make, onDone);
  const send = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (words.value.trim() !== '') change.start(words.value.trim());
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={send} autocomplete="off">
        <p class="prose">
          <Prose text={says} />
        </p>
        <label class="field">
          <span class="label">{label}</span>
          {long ? (
            <textarea
              name="words"
              rows={5}
              required
              autofocus
              value={words.value}
              onInput={(event) => {
                words.value = event.currentTarget.value;
              }}
            />
          ) : (
            <input
              name="words"
              required
              autofocus
              maxLength={2_000}
              value={words.value}
              onInput={(event) => {
                words.value = event.currentTarget.value;
              }}
            />
          )}
        </label>
        {change.trouble !== null && (
          <p class="line-trouble" role="alert">
            {change.trouble}
          </p>
        )}
        {change.slow && <Busy says="Waiting for the service…" />}
        <div class="actions">
          <button type="submit" class="button primary" disabled={words.value.trim() === '' || change.busy}>
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
