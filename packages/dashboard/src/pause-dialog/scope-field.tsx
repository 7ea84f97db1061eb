import type { VNode } from 'preact';
import type { AskedScope } from '../state/dialogs.ts';
import { SCOPE_KIND_NAMES } from '../text/scope-kinds.ts';

/** Which kind, and which one of it. */
export function ScopeField({ scope, onChange, focused }: { scope: AskedScope; onChange: (next: AskedScope) => void; focused: boolean }): VNode {
  return (
    <div class="scope-field">
      <fieldset class="choices">
        <legend class="label">What</legend>
        {SCOPE_KIND_NAMES.map((kind) => (
          <label key={kind}>
            <input type="radio" name="kind" value={kind} checked={scope.kind === kind} onChange={() => onChange({ ...scope, kind })} />
            <span>{kind}</span>
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span class="label">Id</span>
        <input name="value" required class="mono" spellcheck={false} autofocus={focused} value={scope.value} onInput={(event) => onChange({ ...scope, value: event.currentTarget.value })} />
      </label>
    </div>
  );
}
