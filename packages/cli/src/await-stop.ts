import type { StopView } from '@orchestra/pause-core/contract';
import { sleep } from '@orchestra/timing';
import type { Desk } from './desk/desk.ts';
import { StopRequests } from './stop-requests.ts';

const LOOK_EVERY_MS = 250;
// worker-claimer looks once a second whether a grace is over, and a busy one takes a moment.
const BEYOND_GRACE_MS = 5_000;

/**
 * Waits until every run of an order has been ended or taken away, and no longer than the grace and a few seconds.
 * Ctrl-C ends the waiting; the order stands.
 *
 * @returns how the order stands then
 */
export async function untilEnded(desk: Desk, ordered: StopView): Promise<StopView> {
  const requests = new StopRequests();
  return await look(desk, ordered, requests.signal).finally(() => requests.close());
}

async function look(desk: Desk, ordered: StopView, signal: AbortSignal): Promise<StopView> {
  if (ordered.id === null) return ordered;
  const ends = ordered.runs.map((run) => Date.parse(run.fence_at));
  const graceMs = Math.max(0, Math.max(...ends) - Date.parse(ordered.asked_at ?? ''));
  const deadlineMs = performance.now() + graceMs + BEYOND_GRACE_MS;
  let stop = ordered;
  while (stop.waiting_count > 0 && performance.now() < deadlineMs && !signal.aborted) {
    await sleep(LOOK_EVERY_MS, signal); // aborted: the loop's condition ends it
    stop = { ...(await desk.stopOrder(ordered.id)), passed_over: ordered.passed_over, more: ordered.more };
  }
  return stop;
}
