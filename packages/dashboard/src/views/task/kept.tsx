import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { Prose } from '../../parts/prose.tsx';

const SHOWN_MAX = 4_000;

/** JSON that a task carries or a run has left. Text in it is shown as text, with its line breaks. */
export function Kept({ title, value, none }: { title: string; value: unknown; none: string }): VNode {
  const whole = useSignal(false);
  const text = asText(value);
  const long = text.length > SHOWN_MAX;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {text === '' && <p class="aside">{none}</p>}
      {text !== '' && (
        <pre class="kept" tabIndex={0}>
          <Prose text={long && !whole.value ? `${text.slice(0, SHOWN_MAX)}…` : text} />
        </pre>
      )}
      {long && (
        <button
          type="button"
          class="quiet-button"
          aria-expanded={whole.value}
          onClick={() => {
            whole.value = !whole.value;
          }}
        >
          {whole.value ? 'Show less' : `Show all ${text.length.toLocaleString('en')} characters`}
        </button>
      )}
    </section>
  );
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  const text = JSON.stringify(value, null, 2);
  return text === '{}' || text === '[]' ? '' : text;
}
