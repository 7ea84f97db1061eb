import type { Queryable } from '@orchestra/database';
import { countAllGates, type GateTotals } from '@orchestra/pause-core';
import type { Metrics } from '@orchestra/service-shell';
import { withTimeout } from '@orchestra/timing';
import { Counter, Gauge } from 'prom-client';

// Anyone who collects metrics waits no longer for a database that does not answer.
const WAIT_MS = 1_000;

/** What is counted of turn gates. Their names and those of agents never become labels: there is no end of them. */
export interface GateMetrics {
  refusals: Counter;
}

/**
 * Which gates are connected is read when it is asked for; while the database does not say so there is no such sample.
 */
export function makeGateMetrics({ registry }: Metrics, db: Queryable): GateMetrics {
  const registers = [registry];
  const labelNames = ['keeps_copy'] as const;
  let reading: Promise<GateTotals | undefined> | undefined;
  // Both gauges are collected at once: one reading serves them.
  const read = (): Promise<GateTotals | undefined> =>
    (reading ??= readWithin(db).finally(() => {
      reading = undefined;
    }));
  new Gauge({
    name: 'orchestra_turn_gates_connected',
    help: 'Turn gates that were heard of in the last fifteen seconds; keeps_copy: not those that ask at each step',
    labelNames,
    registers,
    async collect() {
      const totals = await read();
      this.reset();
      if (totals === undefined) return;
      this.set({ keeps_copy: 'true' }, totals.connected);
      this.set({ keeps_copy: 'false' }, totals.asking);
    },
  });
  new Gauge({
    name: 'orchestra_turn_gates_confirmed',
    help: 'Of those with a copy of the pauses, how many know every active one',
    labelNames,
    registers,
    async collect() {
      const totals = await read();
      this.reset();
      if (totals !== undefined) this.set({ keeps_copy: 'true' }, totals.confirmed);
    },
  });
  return {
    refusals: new Counter({
      name: 'orchestra_turn_gate_refusals_total',
      help: 'Steps that turn gates have stopped, as told to this process',
      registers,
    }),
  };
}

/** @returns undefined where the database does not say so in time: that it is away is told elsewhere */
async function readWithin(db: Queryable): Promise<GateTotals | undefined> {
  try {
    return await withTimeout(countAllGates(db), WAIT_MS, () => undefined);
  } catch {
    return undefined;
  }
}
