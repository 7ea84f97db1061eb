import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { parseDuration } from '../text/parse-duration.ts';

/** null seconds: until someone clears it. */
export interface Duration {
  readonly seconds: number | null;
}

const USUAL = ['15m', '30m', '1h', '4h'];

/** For how long. Nothing is chosen beforehand: no end has to be said as expressly as an end. */
export function DurationField({
  onChange,
  legend = 'For how long',
}: {
  onChange: (duration: Duration | null) => void;
  legend?: string;
}): VNode {
  const chosen = useSignal<string | null>(null);
  const own = useSignal('');
  const choose = (what: string): void => {
    chosen.value = what;
    onChange(what === 'endless' ? { seconds: null } : asDuration(what === 'own' ? own.value : what));
  };
  const type = (text: string): void => {
    own.value = text;
    choose('own');
  };
  const wrong = chosen.value === 'own' && own.value.trim() !== '' && parseDuration(own.value) === null;
  return (
    <fieldset class="choices duration">
      <legend class="label">{legend}</legend>
      {USUAL.map((text) => (
        <label key={text}>
          <input type="radio" name="duration" checked={chosen.value === text} onChange={() => choose(text)} />
          <span>{text}</span>
        </label>
      ))}
      <label>
        <input type="radio" name="duration" checked={chosen.value === 'endless'} onChange={() => choose('endless')} />
        <span>until cleared</span>
      </label>
      <label class="own">
        <span class="for-readers">Another duration</span>
        <input
          class="mono"
          placeholder="2h 30m"
          size={9}
          spellcheck={false}
          value={own.value}
          aria-invalid={wrong}
          aria-describedby={wrong ? 'duration-wrong' : undefined}
          onInput={(event) => type(event.currentTarget.value)}
        />
      </label>
      {wrong && (
        <span id="duration-wrong" class="hint bad" role="alert">
          Write it as 90s, 30m, 2h 30m or 1d.
        </span>
      )}
    </fieldset>
  );
}

function asDuration(text: string): Duration | null {
  const seconds = parseDuration(text);
  return seconds === null ? null : { seconds };
}
