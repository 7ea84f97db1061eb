import { setTimeout as delay } from 'node:timers/promises';
import { actorsDue } from '../history/assertions/alerts-pause-once.ts';
import type { Fleet } from './fleet.ts';
import { recordedCall } from './recorded-call.ts';
import type { Recorder } from './recorder.ts';
import { readAlertsAndPauses } from './witness.ts';

// Late is not lost: this is for two slow cores with other work on them.
const BUDGET_MS = 120_000;
const LOOK_EVERY_MS = 200;

/**
 * With no fault left: clears every pause, also those that late alerts still call for, and waits until every accepted
 * task has ended.
 *
 * @returns how long that took; null when the budget was not enough
 */
export async function drain(fleet: Fleet, recorder: Recorder): Promise<number | null> {
  const began = performance.now();
  for (; performance.now() - began < BUDGET_MS; await delay(LOOK_EVERY_MS)) {
    await clearPauses(fleet, recorder);
    const due = actorsDue(await readAlertsAndPauses(fleet.witness));
    if (due.length === 0 && (await countOpenTasks(fleet)) === 0) return performance.now() - began;
  }
  return null;
}

export async function countOpenTasks(fleet: Fleet): Promise<number> {
  const { rows } = await fleet.witness.query<{ count: number }>(
    "select count(*)::int as count from tasks t where t.status in ('queued', 'running')",
  );
  return rows[0]?.count ?? 0;
}

async function clearPauses(fleet: Fleet, recorder: Recorder): Promise<void> {
  const { rows } = await fleet.witness.query<{ id: string }>('select p.id from active_pauses p');
  for (const { id: pause } of rows) {
    const key = crypto.randomUUID();
    await recordedCall(recorder, { op: 'unpause', phase: 'invoke', key, target: { pause } }, async () => {
      const { cleared } = await fleet.client.unpause({ id: pause, reason: key }, { idempotencyKey: key });
      return { op: 'unpause', phase: 'ok', cleared: cleared.map((one) => one.id) };
    });
  }
}
