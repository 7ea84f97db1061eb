import type { PausePreview } from '@orchestra/pause-core/contract';
import { scopeText } from '@orchestra/pause-core/scope';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Link } from '../parts/link.tsx';
import { Prose } from '../parts/prose.tsx';
import { ReadingState } from '../parts/reading-state.tsx';
import { UnknownLabel } from '../parts/unknown-label.tsx';
import { ScopeName } from '../parts/scope-name.tsx';
import type { AskedScope } from '../state/dialogs.ts';
import { tasksAt } from '../state/place.ts';
import { queueVersion } from '../state/store.ts';
import { useReading } from '../state/use-reading.ts';
import { sayAttachedWork } from '../text/attached.ts';
import { count, counted } from '../text/count.ts';
import { labelFields } from '../text/scope-kinds.ts';
import { previewPause } from '../wire/calls.ts';

const LISTED_MAX = 6;
const GAP_MS = 2_000;

/** What the pause would hold, as of now, and kept up to date while the dialog is open. */
export function BlastRadius({
  scope,
  onKnown,
}: {
  scope: AskedScope;
  onKnown: (preview: PausePreview) => void;
}): VNode {
  if (scope.value === '')
    return (
      <div class="blast-radius">
        <p class="hint">What it would hold is shown here before anything is done.</p>
      </div>
    );
  return <KnownScope scope={scope} onKnown={onKnown} />;
}

function KnownScope({ scope, onKnown }: { scope: AskedScope; onKnown: (preview: PausePreview) => void }): VNode {
  const reading = useReading(scopeText(scope), (signal) => previewPause(scope, signal), queueVersion, {
    gapMs: GAP_MS,
  });
  useEffect(() => {
    if (reading.value !== null) onKnown(reading.value);
  }, [reading.value]);
  return (
    <section class="blast-radius" aria-label="What it would hold" aria-live="polite">
      <ReadingState reading={reading} what="What it would hold" />
      {reading.value !== null && <Radius scope={scope} preview={reading.value} />}
    </section>
  );
}

function Radius({ scope, preview }: { scope: AskedScope; preview: PausePreview }): VNode {
  const {
    queued,
    queued_more: more,
    queued_share: share,
    in_flight_count: running,
    claimed_ahead_count: ahead,
    quests,
    repos,
    other_pauses: others,
  } = preview;
  const waiting = tasksAt({ ...labelFields(scope), status: 'queued' });
  const attached = preview.attached.flatMap((work) => {
    const words = sayAttachedWork(work);
    return words === null ? [] : [{ key: work.name, text: work.name, more: words }];
  });
  const nothing = queued + running + ahead + attached.length === 0;
  return (
    <ul>
      {preview.label_known === false && (
        <li>
          <UnknownLabel near={preview.near_labels} kind={preview.unknown_kind} />
        </li>
      )}
      {nothing && (
        <li>
          {scope.kind === 'fleet'
            ? 'Nothing waits or runs just now.'
            : scope.also === undefined
              ? 'Nothing carries this label just now.'
              : 'Nothing carries all of these labels just now.'}{' '}
          Work that comes later is held all the same.
        </li>
      )}
      {queued > 0 && (
        <li>
          <b>
            <Link to={waiting} apart>
              {counted(queued, 'task', more)}
            </Link>{' '}
            held
          </b>
          {share !== null && `, ${percent(share)} of what is queued`}
        </li>
      )}
      {running > 0 && (
        <li>
          <b>{counted(running, 'task')}</b> still running ({running === 1 ? 'it' : 'they'} will finish normally)
        </li>
      )}
      {ahead > 0 && (
        <li>
          <b>{counted(ahead, 'task')}</b> claimed ahead {ahead === 1 ? 'goes' : 'go'} back to{' '}
          {ahead === 1 ? 'its' : 'their'} place
        </li>
      )}
      {attached.length > 0 && (
        <li>
          In attached queues: <Listed items={attached} />
        </li>
      )}
      {quests.length > 0 && (
        <li>
          Quests:{' '}
          <Listed
            items={quests.map((quest) => ({
              key: quest.quest_id,
              text: quest.quest_id,
              more: quest.stalled ? 'stalls' : `${count(quest.queued)} held`,
            }))}
          />
        </li>
      )}
      {repos.length > 0 && (
        <li>
          Serial gates that would stand still:{' '}
          <Listed items={repos.map(({ repo }) => ({ key: repo, text: repo, more: null }))} />
        </li>
      )}
      {others.length > 0 && (
        <li>
          Paused already by {counted(others.length, 'other pause')}:{' '}
          {others.slice(0, LISTED_MAX).map((other, index) => (
            <span key={other.id}>
              {index > 0 && ', '}
              <Link to={`pauses/${other.id}`} apart>
                <ScopeName of={other} />
              </Link>
              {other.also_holds !== null && ` (${count(other.also_holds, other.also_holds_more)} of these tasks)`}
            </span>
          ))}
          . A task that several pauses hold starts when all of them have ended.
        </li>
      )}
    </ul>
  );
}

function Listed({ items }: { items: readonly { key: string; text: string; more: string | null }[] }): VNode {
  const rest = items.length - LISTED_MAX;
  return (
    <>
      {items.slice(0, LISTED_MAX).map(({ key, text, more }, index) => (
        <span key={key}>
          {index > 0 && ', '}
          <b class="mono">
            <Prose text={text} />
          </b>
          {more !== null && ` (${more})`}
        </span>
      ))}
      {rest > 0 && ` and ${rest} more`}
    </>
  );
}

/** `0.4 %` is not nothing, `99.6 %` is not all. */
function percent(share: number): string {
  if (share > 0 && share < 0.01) return 'less than 1 %';
  if (share < 1 && share > 0.99) return 'more than 99 %';
  return `${Math.round(share * 100)} %`;
}
