import type { VNode } from 'preact';
import { Prose } from '../parts/prose.tsx';

/** A pause that holds most of the fleet is not made by a slip of the hand. */
export function TypedOut({
  expected,
  isFleet,
  value,
  onInput,
}: {
  expected: string;
  isFleet: boolean;
  value: string;
  onInput: (next: string) => void;
}): VNode {
  return (
    <label class="field broad">
      <span class="label">
        {isFleet ? 'This stops everything, also tasks without labels.' : 'This holds more than half of what is queued.'}{' '}
        Type{' '}
        <b class="mono">
          <Prose text={expected} />
        </b>{' '}
        to go on.
      </span>
      <input
        name="typed"
        class="mono"
        spellcheck={false}
        required
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
