import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@orchestra/testkit';
import { setReadOnly } from './faults.ts';
import type { Fleet } from './fleet.ts';

const STARTS_MAX = 5;
const PATIENCE_MS = 120_000;

/** Takes every fault back and waits until every part of the fleet is there again. */
export async function restore(fleet: Fleet): Promise<void> {
  for (const { proxy } of fleet.links) proxy.pass();
  await fleet.disk?.empty();
  for (const one of [...fleet.services, ...fleet.workers]) {
    one.thaw();
    one.shiftClock(0);
  }
  // A busy machine may have taken longer to end its processes than the fault waited before it started the server again.
  await fleet.postgres.restart();
  await until(
    'the database answers',
    () =>
      fleet.witness.query('select 1').then(
        () => true,
        () => false,
      ),
    PATIENCE_MS,
  );
  await setReadOnly(fleet.witness, false); // the server may have been down when that was to be taken back
  for (const one of [...fleet.services, ...fleet.workers]) {
    for (let attempt = 1; !one.running; attempt++) {
      await one.start().catch(async (error: unknown) => {
        if (attempt === STARTS_MAX) throw error;
        await delay(500);
      });
    }
  }
  // A service that was started again a moment ago may still be on its way.
  await until(
    'pause-api answers',
    () =>
      fleet.client.pauses({ limit: 1 }, { triesMax: 1, timeLimitMs: 2_000 }).then(
        () => true,
        () => false,
      ),
    PATIENCE_MS,
  );
  await until(
    'worker-claimer answers',
    () =>
      fleet.client.queue({ triesMax: 1, timeLimitMs: 2_000 }).then(
        () => true,
        () => false,
      ),
    PATIENCE_MS,
  );
}
