import { useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { PauseDialog } from '../pause-dialog/pause-dialog.tsx';
import { keysDialog, pauseDialog } from '../state/dialogs.ts';
import type { Place } from '../state/place.ts';
import { place } from '../state/route.ts';
import { confirmed, connection, senate, session, shownPauses } from '../state/store.ts';
import { AlertsView } from '../views/alerts/alerts-view.tsx';
import { HistoryView } from '../views/history/history-view.tsx';
import { NowView } from '../views/now/now-view.tsx';
import { Nowhere } from '../views/nowhere.tsx';
import { PauseView } from '../views/pause/pause-view.tsx';
import { SignIn } from '../views/sign-in/sign-in.tsx';
import { TaskView } from '../views/task/task-view.tsx';
import { TasksView } from '../views/tasks/tasks-view.tsx';
import { ConnectionState } from './connection-state.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { TopBar } from './top-bar.tsx';

const NAMES = { now: 'Now', tasks: 'Tasks', alerts: 'Alerts', history: 'History', nowhere: 'Not found', pause: 'Pause', task: 'Task' } as const;

/** The whole page: the sign-in, or the view that its address names. */
export function App(): VNode {
  useSignalEffect(() => {
    if (senate.value.position === null) { document.title = 'Orchestra'; return; }
    const where = place.value.view === 'now' ? '' : ` · ${NAMES[place.value.view]}${'id' in place.value ? ` ${place.value.id}` : ''}`;
    document.title = `${shownPauses.value.length} paused${confirmed.value ? '' : ' (not live)'}${where} · Orchestra`;
  });
  if (connection.value.phase === 'signed-out') return <SignIn notice={connection.value.notice} />;
  return (
    <>
      <a class="skip" href="#main">Skip to the content</a>
      <TopBar />
      <ConnectionState />
      {session.value !== null && senate.value.position !== null && <Main at={place.value} />}
      {pauseDialog.value !== null && <PauseDialog asked={pauseDialog.value} />}
      {keysDialog.value && <KeysDialog />}
    </>
  );
}

function Main({ at }: { at: Place }): VNode {
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const name = 'id' in at ? `${at.view} ${at.id}` : at.view;
  useEffect(() => {
    // A reader of the screen hears where a link has led; the first view is read from the top anyway.
    if (!first.current) main.current?.focus();
    first.current = false;
    scrollTo(0, 0);
  }, [name]);
  return <main id="main" ref={main} tabIndex={-1} key={name} aria-label={NAMES[at.view]}>{viewOf(at)}</main>;
}

function viewOf(at: Place): VNode {
  switch (at.view) {
    case 'now': return <NowView />;
    case 'tasks': return <TasksView />;
    case 'task': return <TaskView id={at.id} />;
    case 'pause': return <PauseView id={at.id} />;
    case 'alerts': return <AlertsView />;
    case 'history': return <HistoryView />;
    case 'nowhere': return <Nowhere />;
  }
}
