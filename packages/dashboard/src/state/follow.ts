import type { DeskNumbers } from '@orchestra/task-queue/contract';
import { batch } from '@preact/signals';
import { Sleeper } from '@orchestra/timing';
import { BASE_URL } from '../wire/base-url.ts';
import { readCriticalAlerts } from '../wire/calls.ts';
import { followStream, type Follower } from '../wire/follow-stream.ts';
import type { StreamMessage } from '../wire/stream-message.ts';
import { ApiError } from '../wire/api-error.ts';
import { ALERTS_MAX, applyCounts, applyEvent, mergeAlerts, passOver } from './senate-state.ts';
import { setByDatabase, setByDateHeader, setByPauses } from './server-clock.ts';
import {
  alertsTrouble,
  alertsVersion,
  confirmedAtMs,
  connection,
  desk,
  doubt,
  monotonicMs,
  pausesVersion,
  queueVersion,
  senate,
  serverClock,
} from './store.ts';

const reconnecting = new Sleeper();

/** Does now what would be done a little later, and reads again what was read by calls. */
export function lookAgain(): void {
  reconnecting.wake();
  if (connection.value.phase === 'live') everythingMayHaveChanged();
}

/**
 * Follows the stream until `signal` ends it, and keeps the store as the stream tells it.
 *
 * @throws {ApiError} `token_refused`, `not_allowed`
 */
export function follow(signal: AbortSignal): Promise<void> {
  const follower: Follower = {
    position: () => senate.value.position,
    onOpen: (response) => {
      serverClock.value = setByDateHeader(serverClock.value, response.headers.get('date'), performance.now());
      // Without a snapshot there is nothing to call live. One that was seen is brought up to date right away.
      if (senate.value.position === null) return;
      batch(() => {
        connection.value = { phase: 'live' };
        everythingMayHaveChanged();
      });
    },
    onHeard: () => {
      if (connection.value.phase === 'live' && doubt.value === null) confirmedAtMs.value = performance.now();
    },
    onDesk: receiveDesk,
    onMessage: (message) => receive(message, signal),
    onLost: (error) => {
      connection.value = {
        phase: senate.value.position === null ? 'connecting' : 'reconnecting',
        trouble: error.message,
      };
    },
  };
  return followStream(BASE_URL, follower, reconnecting, signal);
}

function receive({ id, event }: StreamMessage, signal: AbortSignal): void {
  if (event === null) {
    senate.value = passOver(senate.value, id);
    return;
  }
  batch(() => {
    // Or else a new pause would have more time left than it was given, until the next tick.
    monotonicMs.value = performance.now();
    senate.value = applyEvent(senate.value, id, event);
    (event.type.startsWith('alert.') ? alertsVersion : pausesVersion).value += 1;
    if (event.type !== 'snapshot') return;
    serverClock.value = setByPauses(serverClock.value, event.data.pauses, performance.now());
    connection.value = { phase: 'live' };
    confirmedAtMs.value = performance.now();
    everythingMayHaveChanged();
  });
  if (event.type === 'snapshot') void seedAlerts(signal);
}

function receiveDesk(numbers: DeskNumbers | null): void {
  batch(() => {
    if (numbers === null) {
      doubt.value = 'The service cannot reach its database.';
      return;
    }
    doubt.value = null;
    confirmedAtMs.value = performance.now();
    serverClock.value = setByDatabase(numbers.at, performance.now());
    senate.value = applyCounts(senate.value, numbers.pauses);
    if (moved(desk.value, numbers)) queueVersion.value += 1;
    desk.value = numbers;
  });
}

/** Whether something happened in the queue, or a minute is over: rates are told by the minute. */
function moved(before: DeskNumbers | null, now: DeskNumbers): boolean {
  return (
    before === null ||
    before.last_task_event_id !== now.last_task_event_id ||
    before.queued !== now.queued ||
    before.running !== now.running ||
    before.at.slice(0, 16) !== now.at.slice(0, 16)
  );
}

function everythingMayHaveChanged(): void {
  pausesVersion.value += 1;
  alertsVersion.value += 1;
  queueVersion.value += 1;
}

/** Alerts from before the page was opened, so that it also explains an auto-pause that it did not see coming. */
async function seedAlerts(signal: AbortSignal): Promise<void> {
  try {
    const { alerts } = await readCriticalAlerts(ALERTS_MAX, signal);
    if (signal.aborted) return;
    senate.value = { ...senate.value, alerts: mergeAlerts(senate.value.alerts, alerts) };
    alertsTrouble.value = null;
  } catch (error) {
    if (!signal.aborted) alertsTrouble.value = error instanceof ApiError ? error.message : String(error);
  }
}
