import type { ActivePauseView, PauseReceipt, PauseView } from '@orchestra/pause-core/contract';
import { sleep, TIMER_MAX_MS } from '@orchestra/timing';
import type { Desk } from './desk/desk.ts';
import { onLineChange } from './desk/on-line-change.ts';

/** How a pause is draining: runs that go on, of so many that did when it was seen first. */
export interface Drain {
  left: number;
  of: number;
}

/** Why nobody waits any more. `ended`: the pause was cleared, or its time was over, before it was quiet. */
export type WaitOutcome = 'quiet' | 'ended' | 'not_in_time' | 'interrupted';

export interface WaitOptions {
  timeLimitMs: number;
  /** Ends the waiting; the pause stays. */
  signal: AbortSignal;
  onDrain: (drain: Drain) => void;
  /** The line to the service is down (a message) or up again (null). */
  onLine: (down: string | null) => void;
}

type Waited = Pick<
  PauseReceipt,
  'id' | 'settled' | 'scope_kind' | 'scope_value' | 'also' | 'in_flight_count' | 'claimed_ahead_count'
>;
/** `quiet_at` is not in what the desk tells every two seconds. */
type Counts = Pick<ActivePauseView, 'in_flight_count' | 'claimed_ahead_count' | 'quiet'> &
  Partial<Pick<ActivePauseView, 'quiet_at'>>;

const LOOK_EVERY_MS = 1_000;
// Node.js knows no longer timer.

/**
 * Waits until no run covered by a pause is in flight any more. Told by the event stream, which reconnects by itself;
 * over the database, where nobody rings, looks every second.
 */
export async function waitUntilQuiet(
  desk: Pick<Desk, 'events' | 'pauses'>,
  pause: Waited,
  { timeLimitMs, signal, onDrain, onLine }: WaitOptions,
): Promise<WaitOutcome> {
  const late = AbortSignal.timeout(Math.min(timeLimitMs, TIMER_MAX_MS));
  const done = new AbortController();
  const ending = AbortSignal.any([late, signal, done.signal]);
  const drain: Drain = { left: -1, of: 0 };
  let outcome: WaitOutcome | undefined;
  const end = (how: WaitOutcome): void => {
    outcome ??= how;
    done.abort();
  };
  const note = (counts: Counts | undefined): void => {
    if (counts === undefined) return end('ended');
    const left = counts.in_flight_count + counts.claimed_ahead_count;
    if (left !== drain.left) {
      drain.left = left;
      drain.of = Math.max(drain.of, left);
      onDrain({ ...drain });
    }
    // No run now is not yet quiet where a claim from before the pause may still bring one: then it takes the row's own
    // mark, which is set once no such claim is left. Its event may have passed before the snapshot was taken.
    if ((counts.quiet_at ?? null) !== null || (counts.quiet && pause.settled === true)) end('quiet');
  };
  const { in_flight_count, claimed_ahead_count } = pause; // null: they could not be read for the receipt
  if (in_flight_count !== null && claimed_ahead_count !== null)
    note({ in_flight_count, claimed_ahead_count, quiet: false });
  if (desk.events === undefined) await look(desk, pause, ending, note);
  else await listen(desk.events, pause, ending, { note, end, onLine });
  return outcome ?? (late.aborted ? 'not_in_time' : 'interrupted');
}

async function listen(
  events: NonNullable<Desk['events']>,
  { id }: Waited,
  signal: AbortSignal,
  {
    note,
    end,
    onLine,
  }: { note: (counts: Counts | undefined) => void; end: (how: WaitOutcome) => void; onLine: WaitOptions['onLine'] },
): Promise<void> {
  const stream = events({
    signal,
    onState: onLineChange(onLine),
    // It lists the newest pauses alone: one that is not among them need not have ended.
    onDesk: ({ numbers }) => {
      const counts = numbers?.pauses.find((pause) => pause.id === id);
      if (counts !== undefined) note(counts);
    },
  });
  for await (const { event } of stream) {
    if (event.type === 'snapshot') note(event.data.pauses.find((pause) => pause.id === id));
    else if (isOf(event.data, id) && event.type === 'pause.quiet') end('quiet');
    else if (isOf(event.data, id) && (event.type === 'pause.cleared' || event.type === 'pause.expired')) end('ended');
  }
}

async function look(
  desk: Pick<Desk, 'pauses'>,
  pause: Waited,
  signal: AbortSignal,
  note: (counts: Counts | undefined) => void,
): Promise<void> {
  while (!signal.aborted) {
    note(
      (await desk.pauses({ scope_kind: pause.scope_kind, scope_value: pause.scope_value, also: pause.also })).find(
        ({ id }) => id === pause.id,
      ),
    );
    await sleep(LOOK_EVERY_MS, signal); // told to end
  }
}

function isOf(data: PauseView | { id: string; kind?: unknown }, id: string): boolean {
  return 'scope_kind' in data && data.id === id;
}
