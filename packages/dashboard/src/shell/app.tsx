import { useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { PauseDialog } from '../pause-dialog/pause-dialog.tsx';
import { keysDialog, pauseDialog } from '../state/dialogs.ts';
import type { Place } from '../state/place.ts';
import { place } from '../state/route.ts';
import { confirmed, connection, isMissing, senate, session, shownPauses } from '../state/store.ts';
import { AlertsView } from '../views/alerts/alerts-view.tsx';
import { HistoryView } from '../views/history/history-view.tsx';
import { LabelView } from '../views/label/label-view.tsx';
import { NowView } from '../views/now/now-view.tsx';
import { Nowhere } from '../views/nowhere.tsx';
import { PauseView } from '../views/pause/pause-view.tsx';
import { ReposView } from '../views/repos/repos-view.tsx';
import { SearchView } from '../views/search/search-view.tsx';
import { SignIn } from '../views/sign-in/sign-in.tsx';
import { TaskView } from '../views/task/task-view.tsx';
import { TasksView } from '../views/tasks/tasks-view.tsx';
import { WorkersView } from '../views/workers/workers-view.tsx';
import { ConnectionState } from './connection-state.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { TopBar } from './top-bar.tsx';

const NAMES = {
  now: 'Now',
  tasks: 'Tasks',
  repos: 'Repos',
  workers: 'Workers',
  alerts: 'Alerts',
  history: 'History',
  search: 'Search',
  nowhere: 'Not found',
  pause: 'Pause',
  task: 'Task',
  label: 'Label',
} as const;

/** What the address names, with its id: it is how tabs and bookmarks are told apart. */
function nameOf(at: Place): string {
  if (at.view === 'label') return `${at.kind} ${at.value}`;
  return 'id' in at ? `${NAMES[at.view]} ${at.id}` : NAMES[at.view];
}

/** The whole page: the sign-in, or the view that its address names. */
export function App(): VNode {
  useSignalEffect(() => {
    if (senate.value.position === null) {
      document.title = 'Orchestra';
      return;
    }
    const where =
      place.value.view === 'now'
        ? ''
        : ` · ${isMissing.value && place.value.view !== 'nowhere' ? `${nameOf(place.value)}: not found` : nameOf(place.value)}`;
    document.title = `${shownPauses.value.length} paused${confirmed.value ? '' : ' (not live)'}${where} · Orchestra`;
  });
  if (connection.value.phase === 'signed-out') return <SignIn notice={connection.value.notice} />;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
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
  const name = nameOf(at);
  useEffect(() => {
    // A reader of the screen hears where a link has led; the first view is read from the top anyway.
    if (!first.current) main.current?.focus();
    first.current = false;
    scrollTo(0, 0);
  }, [name]);
  return (
    <main id="main" ref={main} tabIndex={-1} key={name} aria-label={name}>
      {viewOf(at)}
    </main>
  );
}

function viewOf(at: Place): VNode {
  switch (at.view) {
    case 'now':
      return <NowView />;
    case 'tasks':
      return <TasksView />;
    case 'task':
      return <TaskView id={at.id} />;
    case 'pause':
      return <PauseView id={at.id} />;
    case 'repos':
      return <ReposView />;
    case 'workers':
      return <WorkersView />;
    case 'label':
      return <LabelView kind={at.kind} value={at.value} />;
    case 'search':
      return <SearchView />;
    case 'alerts':
      return <AlertsView />;
    case 'history':
      return <HistoryView />;
    case 'nowhere':
      return <Nowhere />;
  }
}
