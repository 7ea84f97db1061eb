import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { Prose } from './prose.tsx';

const SHORT_MAX = 240;
const SHORT_LINES_MAX = 4;

/** Why it is paused. A long reason shows its beginning: it must not push the other pauses off the screen. */
export function Reason({ text }: { text: string }): VNode {
  const whole = useSignal(false);
  const short = beginning(text);
  if (short === text) return <Prose text={text} />;
  return (
    <>
      <Prose text={whole.value ? text : `${short}…`} />{' '}
      <button
        type="button"
        class="quiet-button"
        aria-expanded={whole.value}
        onClick={() => {
          whole.value = !whole.value;
        }}
      >
        {whole.value ? 'Show less' : 'Show all'}
      </button>
    </>
  );
}

function beginning(text: string): string {
  const lines = text.split('\n');
  const fewLines = lines.length > SHORT_LINES_MAX ? lines.slice(0, SHORT_LINES_MAX).join('\n') : text;
  const characters = [...fewLines];
  return characters.length > SHORT_MAX * 1.25 ? characters.slice(0, SHORT_MAX).join('').trimEnd() : fewLines;
}
