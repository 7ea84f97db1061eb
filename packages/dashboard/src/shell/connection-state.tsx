import type { VNode } from 'preact';
import { shortDuration } from '../text/duration.ts';
import { connection, doubt, silent, staleForMs } from '../state/store.ts';

/** Says so when what is shown may no longer be true, and how old it is. Nothing while the line is live. */
export function ConnectionState(): VNode | null {
  const state = connection.value;
  if (state.phase === 'connecting') return <p class="line-notice">Connecting… {state.trouble}</p>;
  if (state.phase === 'reconnecting') return <Stale word="Reconnecting" trouble={state.trouble} />;
  if (state.phase === 'live' && doubt.value !== null) return <Stale word="Not confirmed" trouble={doubt.value} />;
  if (silent.value) return <Stale word="Not live" trouble="The service says nothing." />;
  return null;
}

function Stale({ word, trouble }: { word: string; trouble: string }): VNode {
  return (
    <p class="line-notice warn">
      <strong>
        {word} – what you see was true {shortDuration(staleForMs.value ?? 0)} ago.
      </strong>{' '}
      {trouble}
    </p>
  );
}
