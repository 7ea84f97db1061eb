import { batch } from '@preact/signals';
import { ApiError } from './api-error.ts';
import { followStream } from './follow-stream.ts';
import { readCriticalAlerts, readPauses } from './read-lists.ts';
import type { Access } from './request.ts';
import { ALERTS_MAX, applyCounts, applyEvent, EMPTY_SENATE, mergeAlerts } from './senate-state.ts';
import { setByDateHeader, setByPauses, UNSET_CLOCK } from './server-clock.ts';
import { alertsTrouble, confirmed, confirmedAtMs, connection, doubt, drainingCount, monotonicMs, senate, serverClock } from './store.ts';
import type { StreamMessage } from './stream-message.ts';
import { forgetToken, keepToken } from './token.ts';
import { Waiting } from './waiting.ts';

// How often the list is read again. The stream says when a pause becomes quiet, not how many runs are left; and a
// stream may well be open while the service behind it has lost its database.
const REREAD_WHILE_DRAINING_MS = 5_000;
const REREAD_MS = 15_000;

let session: AbortController | undefined;
const reconnecting = new Waiting();
const rereading = new Waiting();

/** Starts to follow the stream with this token; an earlier session ends. */
export function signIn(token: string): void {
  endSession();
  keepToken(token);
  connection.value = { phase: 'connecting', trouble: null };
  const ending = session = new AbortController();
  const access = { baseUrl: new URL('.', location.href).href, token };
  const failed = (error: unknown): void => {
    if (!ending.signal.aborted) signOut(noticeFor(error));
  };
  followStream(access, follower(access, ending.signal), reconnecting, ending.signal).catch(failed);
  keepRereading(access, ending.signal).catch(failed);
}

/** Forgets the token and all that was seen with it. */
export function signOut(notice: string | null = null): void {
  endSession();
  forgetToken();
  batch(() => {
    senate.value = EMPTY_SENATE;
    serverClock.value = UNSET_CLOCK;
    confirmedAtMs.value = doubt.value = alertsTrouble.value = null;
    connection.value = { phase: 'signed-out', notice };
  });
}

/** Does now what would be done a little later: the network is back, or somebody looks at the page again. */
export function lookAgain(): void {
  reconnecting.wake();
  rereading.wake();
}

function endSession(): void {
  session?.abort();
  session = undefined;
}

function follower(access: Access, signal: AbortSignal): Parameters<typeof followStream>[1] {
  return {
    position: () => senate.value.position,
    onOpen: (response) => {
      serverClock.value = setByDateHeader(serverClock.value, response.headers.get('date'), performance.now());
      // Without a snapshot there is nothing to call live. One that was seen is brought up to date right away.
      if (senate.value.position !== null) connection.value = { phase: 'live' };
      rereading.wake();
    },
    onHeard: () => {
      if (confirmed.value) confirmedAtMs.value = performance.now();
    },
    onMessage: (message) => receive(message, access, signal),
    onLost: (error) => {
      connection.value = { phase: senate.value.position === null ? 'connecting' : 'reconnecting', trouble: error.message };
    },
  };
}

function receive({ id, event }: StreamMessage, access: Access, signal: AbortSignal): void {
  batch(() => {
    // Or else a new pause would have more time left than it was given, until the next tick.
    monotonicMs.value = performance.now();
    senate.value = applyEvent(senate.value, id, event);
    if (event.type !== 'snapshot') return;
    serverClock.value = setByPauses(serverClock.value, event.data.pauses, performance.now());
    connection.value = { phase: 'live' };
    confirmedAtMs.value = performance.now();
  });
  if (event.type === 'snapshot') void seedAlerts(access, signal);
  if (event.type === 'pause.created' || event.type === 'pause.changed') rereading.wake();
}

/** Alerts from before the page was opened, so that it also explains an auto-pause that it did not see coming. */
async function seedAlerts(access: Access, signal: AbortSignal): Promise<void> {
  try {
    const { alerts } = await readCriticalAlerts(access, ALERTS_MAX, signal);
    if (signal.aborted) return;
    senate.value = { ...senate.value, alerts: mergeAlerts(senate.value.alerts, alerts) };
    alertsTrouble.value = null;
  } catch (error) {
    if (!signal.aborted) alertsTrouble.value = noticeFor(error);
  }
}

async function keepRereading(access: Access, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await rereading.wait(drainingCount.value > 0 ? REREAD_WHILE_DRAINING_MS : REREAD_MS, signal);
    if (connection.value.phase !== 'live') continue;
    try {
      const { pauses } = await readPauses(access, signal);
      if (signal.aborted) return;
      batch(() => {
        senate.value = applyCounts(senate.value, pauses);
        serverClock.value = setByPauses(serverClock.value, pauses, performance.now());
        doubt.value = null;
        confirmedAtMs.value = performance.now();
      });
      if (alertsTrouble.value !== null) await seedAlerts(access, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError) || error.code === 'token_refused' || error.code === 'not_allowed') throw error;
      doubt.value = error.message;
    }
  }
}

function noticeFor(error: unknown): string {
  if (!(error instanceof ApiError)) return `This page has an error of its own: ${String(error)}`;
  switch (error.code) {
    case 'token_refused': return 'This token was refused. Is it complete, and of this installation? It may also have expired or been revoked.';
    case 'not_allowed': return `This token may not read pauses. ${error.message}`;
    default: return error.message;
  }
}
