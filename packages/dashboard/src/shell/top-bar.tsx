import type { VNode } from 'preact';
import { Link } from '../parts/link.tsx';
import { Prose } from '../parts/prose.tsx';
import { keysDialog } from '../state/dialogs.ts';
import { place } from '../state/route.ts';
import { signOut } from '../state/session.ts';
import { confirmed, connection, desk, drainingCount, session, shownPauses, silent } from '../state/store.ts';
import { nextZone, zone } from '../state/zone.ts';
import { nextTheme, theme } from '../state/theme.ts';
import { count } from '../text/count.ts';
import { SearchField } from './search-field.tsx';

const WORD = {
  live: 'live',
  connecting: 'connecting',
  reconnecting: 'reconnecting',
  'signed-out': 'signed out',
} as const;

/** The ways through the page, the state of the line in one word, who is signed in, and the way out. */
export function TopBar(): VNode {
  const { phase } = connection.value;
  const unsure = phase === 'live' && !confirmed.value;
  const { view } = place.value;
  const alerts = desk.value?.critical_alerts ?? 0;
  return (
    <header class="top-bar">
      <Link to="" class="name">
        Orchestra
      </Link>
      <nav aria-label="Views">
        <Link to="" current={view === 'now'}>
          Now
        </Link>
        <Link to="tasks" current={view === 'tasks' || view === 'task'}>
          Tasks
        </Link>
        <Link to="repos" current={view === 'repos'}>
          Repos
        </Link>
        <Link to="workers" current={view === 'workers'}>
          Workers
        </Link>
        <Link to="alerts" current={view === 'alerts'}>
          Alerts
          {alerts > 0 && (
            <span class="badge bad">
              {count(alerts, alerts >= 1_000)}
              <span class="for-readers"> critical ones not acknowledged</span>
            </span>
          )}
        </Link>
        <Link to="history" current={view === 'history'}>
          History
        </Link>
      </nav>
      {view !== 'now' && shownPauses.value.length > 0 && (
        <Link to="" class="paused-now">
          {pausedNow()}
        </Link>
      )}
      <span class="line-state" role="status" data-state={unsure ? 'unsure' : phase}>
        {unsure ? (silent.value ? 'not live' : 'not confirmed') : WORD[phase]}
      </span>
      <SearchField />
      <span class="tools">
        {session.value !== null && (
          <span class="who">
            <Prose text={session.value.name} /> <span class="role">{session.value.role}</span>
          </span>
        )}
        <button type="button" class="quiet-button" onClick={nextTheme}>
          <span class="for-readers">Colours: </span>
          {theme.value === 'system' ? 'Auto' : theme.value === 'light' ? 'Light' : 'Dark'}
        </button>
        <button type="button" class="quiet-button" aria-keyshortcuts="u" onClick={nextZone}>
          <span class="for-readers">Times: </span>
          {zone.value === 'utc' ? 'UTC' : 'Local time'}
        </button>
        <button
          type="button"
          class="quiet-button keys-button"
          onClick={() => {
            keysDialog.value = true;
          }}
        >
          Keys
        </button>
        <button type="button" class="quiet-button" onClick={() => void signOut()}>
          Sign out
        </button>
      </span>
    </header>
  );
}

function pausedNow(): string {
  const draining = drainingCount.value;
  return `${count(shownPauses.value.length)} paused${draining > 0 ? `, ${count(draining)} draining` : ''}`;
}
