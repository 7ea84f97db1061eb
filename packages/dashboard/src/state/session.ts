import type { SessionView } from '@orchestra/pause-core/contract';
import { batch } from '@preact/signals';
import { backoffMs, Sleeper } from '@orchestra/timing';
import { ApiError } from '../wire/api-error.ts';
import { BACKOFF } from '../wire/follow-stream.ts';
import { closeSession, openSession, readSession } from '../wire/session-calls.ts';
import { follow, lookAgain as resume } from './follow.ts';
import { UNSET_CLOCK } from './server-clock.ts';
import { EMPTY_SENATE } from './senate-state.ts';
import {
  alertsTrouble,
  confirmedAtMs,
  connection,
  desk,
  doubt,
  lastReceipt,
  senate,
  serverClock,
  session,
} from './store.ts';

let ending: AbortController | undefined;
const asking = new Sleeper();

/** Begins with whoever is signed in in this browser already. */
export function start(): void {
  const signal = begin();
  void (async () => {
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        enter(await readSession(signal), signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && error.code === 'token_refused') {
          leave(null);
          return;
        }
        connection.value = { phase: 'connecting', trouble: noticeFor(error) };
        await asking.wait(backoffMs(failures, BACKOFF), signal);
      }
    }
  })();
}

/** Signs in with this token, which the page itself keeps nowhere. */
export async function signIn(token: string): Promise<void> {
  const signal = begin();
  try {
    enter(await openSession(token, signal), signal);
  } catch (error) {
    if (!signal.aborted) leave(noticeFor(error));
  }
}

/** Signs out in this browser and forgets all that was seen. */
export async function signOut(): Promise<void> {
  leave(null);
  try {
    await closeSession(new AbortController().signal);
  } catch (error) {
    if (connection.value.phase === 'signed-out')
      leave(`${noticeFor(error)} This browser is still signed in: sign out again once the service answers.`);
  }
}

/** A refusal by which it is known that nobody is signed in any more. */
export function endSessionFor(error: ApiError): void {
  if (error.code === 'token_refused' && connection.value.phase !== 'signed-out') leave(noticeFor(error));
}

/** Does now what would be done a little later: the network is back, or somebody looks at the page again. */
export function lookAgain(): void {
  asking.wake();
  resume();
  if (ending !== undefined && session.value !== null) void askWhoItIs(ending.signal);
}

/** The token may have been revoked meanwhile, or this browser signed out in another tab. */
async function askWhoItIs(signal: AbortSignal): Promise<void> {
  try {
    const who = await readSession(signal);
    if (!signal.aborted) session.value = who;
  } catch (error) {
    // Whatever else is wrong, the stream has the same trouble and tells it.
    if (!signal.aborted && error instanceof ApiError) endSessionFor(error);
  }
}

function begin(): AbortSignal {
  ending?.abort();
  ending = new AbortController();
  connection.value = { phase: 'connecting', trouble: null };
  return ending.signal;
}

function enter(who: SessionView, signal: AbortSignal): void {
  if (!who.permissions.includes('read')) {
    leave(`This token may not read pauses. ${who.name} has the role ${who.role}.`);
    return;
  }
  session.value = who;
  follow(signal).catch((error: unknown) => {
    if (!signal.aborted) leave(noticeFor(error));
  });
}

function leave(notice: string | null): void {
  ending?.abort();
  batch(() => {
    session.value = desk.value = lastReceipt.value = null;
    senate.value = EMPTY_SENATE;
    serverClock.value = UNSET_CLOCK;
    confirmedAtMs.value = doubt.value = alertsTrouble.value = null;
    connection.value = { phase: 'signed-out', notice };
  });
}

function noticeFor(error: unknown): string {
  if (!(error instanceof ApiError)) return `This page has an error of its own: ${String(error)}`;
  if (error.code === 'token_refused')
    return 'This token was refused. Is it complete, and of this installation? It may also have expired or been revoked.';
  return error.code === 'not_allowed' ? `This token may not read pauses. ${error.message}` : error.message;
}
