import type { VNode } from 'preact';
import type { Change } from '../../state/senate-state.ts';
import { senate } from '../../state/store.ts';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { ScopeName } from '../../parts/scope-name.tsx';
import { When } from '../../parts/when.tsx';

/** What happened while the page was open. Read out politely; nothing in it ticks, so nothing is read out twice. */
export function Changes(): VNode {
  const { changes } = senate.value;
  return (
    <section aria-labelledby="changes-title">
      <h2 id="changes-title">Since you opened this page</h2>
      {changes.length === 0 && <p class="aside">No change.</p>}
      <div role="log" aria-live="polite" aria-labelledby="changes-title">
        <ol class="entries">
          {changes.map((change) => (
            <Entry key={change.id} change={change} />
          ))}
        </ol>
      </div>
    </section>
  );
}

function Entry({ change: { type, view } }: { change: Change }): VNode {
  const at = happenedAt({ type, view });
  return (
    <li>
      {at === null ? <span class="at">–</span> : <When at={at} />}
      <div>
        <Link to={`pauses/${view.id}`}>
          <ScopeName of={view} />
        </Link>{' '}
        <WhatHappened type={type} view={view} />
      </div>
    </li>
  );
}

function WhatHappened({ type, view }: Pick<Change, 'type' | 'view'>): VNode {
  switch (type) {
    case 'pause.created':
      return (
        <>
          {view.source === 'machine' ? 'auto-paused' : 'paused'} by <Prose text={view.paused_by} />
        </>
      );
    case 'pause.changed':
      return <>pause changed</>;
    case 'pause.cleared':
      return (
        <>
          cleared
          {view.cleared_by !== null && (
            <>
              {' '}
              by <Prose text={view.cleared_by} />
            </>
          )}
        </>
      );
    case 'pause.expired':
      return <>pause came to its end</>;
    case 'pause.quiet':
      return <>is quiet</>;
    case 'pause.warning':
      return <>pause is about to come to its end</>;
    case 'pause.stayed':
      return <>stays paused: it waits for a person</>;
    case 'pause.probing':
      return <>lets one task through, to see</>;
  }
}

/** null: the event does not say. */
function happenedAt({ type, view }: Pick<Change, 'type' | 'view'>): string | null {
  switch (type) {
    case 'pause.created':
      return view.paused_at;
    case 'pause.quiet':
      return view.quiet_at;
    case 'pause.warning':
      return view.warned_at;
    case 'pause.stayed':
      return view.stayed_at;
    case 'pause.probing':
      return view.probing_at;
    default:
      return view.cleared_at;
  }
}
