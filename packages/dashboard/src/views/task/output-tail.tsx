import type { VNode } from 'preact';
import { Prose } from '../../parts/prose.tsx';
import { When } from '../../parts/when.tsx';
import { desk, queueVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { readOutput } from '../../wire/calls.ts';

const GAP_MS = 3_000;

/** The end of what the last run has printed so far; nothing where it has printed nothing, or brings nothing along. */
export function OutputTail({ id, runs }: { id: string; runs: boolean }): VNode | null {
  // To print something is no event: while it runs it is read with the ticks.
  const { value } = useReading(id, (signal) => readOutput(id, signal), runs ? desk : queueVersion, { gapMs: GAP_MS });
  if (value === null || value.tail === '') return null;
  return (
    <section aria-label="What it has printed">
      <h2>
        What it has printed
        {value.at !== null && (
          <>
            , as of <When at={value.at} />
          </>
        )}
      </h2>
      <pre class="kept" tabIndex={0}>
        <Prose text={value.tail} />
      </pre>
    </section>
  );
}
