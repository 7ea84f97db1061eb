import { WHOLE_FLEET } from '@orchestra/pause-core/scope';
import type { VNode } from 'preact';
import type { AskedScope } from '../state/dialogs.ts';
import { queueVersion } from '../state/store.ts';
import { useReading } from '../state/use-reading.ts';
import { SCOPE_KIND_NAMES } from '../text/scope-kinds.ts';
import { readLabels } from '../wire/calls.ts';

// What is typed is looked up; what happens in the queue meanwhile changes little about it.
const SUGGEST_GAP_MS = 3_000;

/**
 * Which kind, and which one of it; further labels that have to match as well; or the whole fleet. Labels that are at
 * work or in the queue are suggested.
 */
export function ScopeField({
  scope,
  onChange,
  focused,
}: {
  scope: AskedScope;
  onChange: (next: AskedScope) => void;
  focused: boolean;
}): VNode {
  const { kind, value, also = {} } = scope;
  const asked = kind === 'fleet' ? 'agent' : kind;
  const known = useReading(`${asked} ${value}`, (signal) => readLabels(asked, value, signal), queueVersion, {
    gapMs: SUGGEST_GAP_MS,
  });
  return (
    <div class="scope-field">
      <fieldset class="choices">
        <legend class="label">What</legend>
        {SCOPE_KIND_NAMES.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="kind"
              value={one}
              checked={kind === one}
              onChange={() =>
                onChange({ kind: one, value: kind === 'fleet' ? '' : value, also: { ...also, [one]: undefined } })
              }
            />
            <span>{one}</span>
          </label>
        ))}
        <label>
          <input
            type="radio"
            name="kind"
            value="fleet"
            checked={kind === 'fleet'}
            onChange={() => onChange({ kind: 'fleet', value: WHOLE_FLEET })}
          />
          <span>the whole fleet</span>
        </label>
      </fieldset>
      {kind === 'fleet' ? (
        <p class="hint">Everything stops starting, also tasks without labels.</p>
      ) : (
        <>
          <label class="field">
            <span class="label">Id</span>
            <input
              name="value"
              required
              class="mono"
              list="known-labels"
              autocomplete="off"
              spellcheck={false}
              autofocus={focused}
              value={value}
              onInput={(event) => onChange({ ...scope, value: event.currentTarget.value })}
            />
            <datalist id="known-labels">
              {known.value?.labels.map((label) => (
                <option key={label.value} value={label.value} />
              ))}
            </datalist>
          </label>
          <details open={Object.values(also).some((label) => label !== undefined)}>
            <summary>Only where other labels match as well</summary>
            {SCOPE_KIND_NAMES.filter((one) => one !== kind).map((one) => (
              <label key={one} class="field">
                <span class="label">{one}</span>
                <input
                  name={`also-${one}`}
                  class="mono"
                  spellcheck={false}
                  value={also[one] ?? ''}
                  onInput={(event) =>
                    onChange({
                      ...scope,
                      also: {
                        ...also,
                        [one]: event.currentTarget.value === '' ? undefined : event.currentTarget.value,
                      },
                    })
                  }
                />
              </label>
            ))}
          </details>
        </>
      )}
    </div>
  );
}
