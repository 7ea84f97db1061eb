import type { LabelKind, PauseView } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { ScopeName } from '../../parts/scope-name.tsx';
import { TimeLeft } from '../../parts/time-left.tsx';
import { When } from '../../parts/when.tsx';
import { may, pausesVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { readEndedPauses } from '../../wire/calls.ts';
import { PauseChanges } from '../now/pause-changes.tsx';

const ENDED_LISTED = 10;

/** The pauses that name this label: the active ones, and the latest of those that have ended. */
export function LabelPauses({
  kind,
  value,
  active,
}: {
  kind: LabelKind;
  value: string;
  active: readonly PauseView[];
}): VNode {
  const asked = new URLSearchParams({
    scope_kind: kind,
    scope_value: value,
    history: 'true',
    limit: String(ENDED_LISTED),
  });
  const reading = useReading(String(asked), (signal) => readEndedPauses(asked, signal), pausesVersion);
  const ended = reading.value?.pauses ?? [];
  return (
    <section aria-labelledby="label-pauses">
      <h2 id="label-pauses">Pauses</h2>
      <ReadingState reading={reading} what="The pauses that have ended" />
      {reading.value !== null && active.length + ended.length === 0 && <p class="aside">It was never paused.</p>}
      <ul class="found">
        {active.map((pause) => (
          <li key={pause.id}>
            <Link to={`pauses/${pause.id}`}>
              <ScopeName of={pause} />
            </Link>{' '}
            <span class="badge warn">active</span> <Prose text={pause.reason} />{' '}
            <span class="aside">
              by <Prose text={pause.paused_by} />, <When at={pause.paused_at} />
            </span>{' '}
            <TimeLeft view={pause} /> {may('pause') && <PauseChanges view={pause} />}
          </li>
        ))}
        {ended.map((pause) => (
          <li key={pause.id}>
            <Link to={`pauses/${pause.id}`}>
              <ScopeName of={pause} />
            </Link>{' '}
            <Prose text={pause.reason} />{' '}
            <span class="aside">
              by <Prose text={pause.paused_by} />, <When at={pause.paused_at} />
              {pause.cleared_at !== null && (
                <>
                  {' '}
                  to <When at={pause.cleared_at} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
