import type { VNode } from 'preact';
import { localTime } from '../local-time.ts';
import type { Change } from '../senate-state.ts';
import { senate, serverMs } from '../store.ts';
import { Prose } from './prose.tsx';
import { ScopeName } from './scope-name.tsx';

/** What happened while the page was open. Read out politely; nothing in it ticks, so nothing is read out twice. */
export function Changes(): VNode {
  const { changes } = senate.value;
  return (
    <section aria-labelledby="changes-title">
      <h2 id="changes-title">Since you opened this page</h2>
      {changes.length === 0 && <p class="aside">No change.</p>}
      <div role="log" aria-live="polite" aria-labelledby="changes-title">
        <ol class="entries">{changes.map((change) => <Entry key={change.id} change={change} />)}</ol>
      </div>
    </section>
  );
}

function Entry({ change: { type, view } }: { change: Change }): VNode {
  const at = type === 'pause.created' ? view.paused_at : type === 'pause.quiet' ? view.quiet_at : view.cleared_at;
  return (
    <li>
      {at === null ? <span class="at">–</span> : <time class="at" dateTime={at} title={at}>{localTime(at, serverMs.peek())}</time>}
      <div><ScopeName kind={view.scope_kind} value={view.scope_value} /> <WhatHappened type={type} view={view} /></div>
    </li>
  );
}

function WhatHappened({ type, view }: Pick<Change, 'type' | 'view'>): VNode {
  switch (type) {
    case 'pause.created':
      return <>{view.source === 'machine' ? 'auto-paused' : 'paused'} by <Prose text={view.paused_by} /></>;
    case 'pause.changed': return <>pause changed</>;
    case 'pause.cleared': return <>cleared{view.cleared_by !== null && <> by <Prose text={view.cleared_by} /></>}</>;
    case 'pause.expired': return <>pause came to its end</>;
    case 'pause.quiet': return <>is quiet</>;
  }
}
