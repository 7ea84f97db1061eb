import type { VNode } from 'preact';
import { Prose } from '../../parts/prose.tsx';
import { When } from '../../parts/when.tsx';
import { queueVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { readOutput } from '../../wire/calls.ts';

const GAP_MS = 3_000;

/** The end of what the last run has printed so far; nothing where it has printed nothing, or brings nothing along. */
export function OutputTail({ id }: { id: string }): VNode | null {
  const { value } = useReading(id, (signal) => readOutput(id, signal), queueVersion, { gapMs: GAP_MS });
  if (value === null || value.tail === '') return null;
  return (
    <section aria-label="What it has printed">
      <h2>What it has printed{value.at !== null && <>, as of <When at={value.at} /></>}</h2>
      <pre class="kept" tabIndex={0}><Prose text={value.tail} /></pre>
    </section>
  );
}
