import type { PauseView } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';

export type Then = PauseView['then'];

const CHOICES: readonly (readonly [Then, string, string])[] = [
  ['resume', 'resume', 'Work goes on by itself.'],
  ['stay', 'stay paused', 'It waits for a person, and an alert says so.'],
  ['probe', 'let one through', 'One task is let through; how it ends decides.'],
];

/** What happens when the time is over. */
export function ThenField({ value, onChange }: { value: Then; onChange: (next: Then) => void }): VNode {
  return (
    <fieldset class="choices then">
      <legend class="label">And then</legend>
      {CHOICES.map(([then, says]) => (
        <label key={then}>
          <input type="radio" name="then" checked={value === then} onChange={() => onChange(then)} />
          <span>{says}</span>
        </label>
      ))}
      <span class="hint">{CHOICES.find(([then]) => then === value)?.[2]}</span>
    </fieldset>
  );
}
