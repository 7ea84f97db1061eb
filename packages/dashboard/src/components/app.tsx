import { useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { confirmed, connection, senate, shownPauses } from '../store.ts';
import { Changes } from './changes.tsx';
import { ConnectionState } from './connection-state.tsx';
import { CriticalAlerts } from './critical-alerts.tsx';
import { Headline } from './headline.tsx';
import { NothingPaused } from './nothing-paused.tsx';
import { PauseTable } from './pause-table.tsx';
import { SignIn } from './sign-in.tsx';
import { TopBar } from './top-bar.tsx';

/** The whole page: the sign-in, or what is paused. */
export function App(): VNode {
  useSignalEffect(() => {
    const known = senate.value.position !== null;
    document.title = known ? `${shownPauses.value.length} paused${confirmed.value ? '' : ' (not live)'} · Orchestra` : 'Orchestra';
  });
  if (connection.value.phase === 'signed-out') return <SignIn notice={connection.value.notice} />;
  return (
    <>
      <TopBar />
      <ConnectionState />
      {senate.value.position !== null && (
        <main>
          <Headline />
          {shownPauses.value.length > 0 ? <PauseTable /> : <NothingPaused />}
          <div class="beside">
            <CriticalAlerts />
            <Changes />
          </div>
        </main>
      )}
    </>
  );
}
