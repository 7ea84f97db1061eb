import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { FormDialog } from './form-dialog.tsx';
import { Prose } from './prose.tsx';
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
  return (
    <FormDialog
      title={title}
      submit={submit}
      isReady={words.value.trim() !== ''}
      send={() => change.start(words.value.trim())}
      change={change}
      onClose={onClose}
    >
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
    </FormDialog>
  );
}
