import type { Signal } from '@preact/signals';
import type { VNode } from 'preact';

interface ReasonFieldProps {
  label: string;
  reason: Signal<string>;
  hint?: string;
  required?: boolean;
  autofocus?: boolean;
}

/** Why something is done: the field that dialogs of a change have in common. */
export function ReasonField({ label, reason, hint, required = false, autofocus = false }: ReasonFieldProps): VNode {
  return (
    <label class="field">
      <span class="label">{label}</span>
      <input
        name="reason"
        required={required}
        autofocus={autofocus}
        maxLength={2_000}
        value={reason.value}
        onInput={(event) => {
          reason.value = event.currentTarget.value;
        }}
      />
      {hint !== undefined && <span class="hint">{hint}</span>}
    </label>
  );
}
