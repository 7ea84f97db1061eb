import { SCOPE_KINDS, type PauseReplica } from '@orchestra/pause-core';
import type { Metrics } from '@orchestra/service-shell';
import { Counter, Gauge, Histogram } from 'prom-client';

/** What this service counts besides its answers. Scope values never become labels: there is no end of them. */
export interface PauseMetrics {
  receiptSeconds: Histogram;
  unsettled: Counter;
  bells: Counter<'topic'>;
  bellConnectionsLost: Counter;
  pausesExpired: Counter;
  pausesStayed: Counter;
  pauseWarnings: Counter;
  probes: Counter<'verdict'>;
  streamsCut: Counter<'why'>;
}

export function makePauseMetrics(
  { registry }: Metrics,
  source: {
    replica: PauseReplica;
    lastProvenSeconds: () => number;
    replicaAgeMs: () => number;
    streamCount: () => number;
  },
): PauseMetrics {
  const registers = [registry];
  new Gauge({
    name: 'orchestra_active_pauses',
    help: 'Active pauses, as the replica knows them',
    labelNames: ['scope_kind'],
    registers,
    collect() {
      const pauses = source.replica.pauses();
      for (const kind of SCOPE_KINDS)
        this.set({ scope_kind: kind }, pauses.filter((pause) => pause.scope.kind === kind).length);
    },
  });
  new Gauge({
    name: 'orchestra_replica_age_seconds',
    help: 'Time since the last good reading of the pauses was asked for; -1: there was none',
    registers,
    collect() {
      this.set(source.replicaAgeMs() / 1_000);
    },
  });
  new Gauge({
    name: 'orchestra_brake_last_proven_seconds',
    help: 'Time since the self-test last proved the brake, whichever instance made it; -1: never, or it is off',
    registers,
    collect() {
      this.set(source.lastProvenSeconds());
    },
  });
  new Gauge({
    name: 'orchestra_event_streams',
    help: 'Event streams that are open',
    registers,
    collect() {
      this.set(source.streamCount());
    },
  });
  return {
    receiptSeconds: new Histogram({
      name: 'orchestra_pause_receipt_seconds',
      help: 'From a pause call to its receipt, the settle included',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5],
      registers,
    }),
    unsettled: new Counter({
      name: 'orchestra_pauses_unsettled_total',
      help: 'Pauses whose receipt said settled: false',
      registers,
    }),
    bells: new Counter({ name: 'orchestra_bells_total', help: 'Bells heard', labelNames: ['topic'], registers }),
    bellConnectionsLost: new Counter({
      name: 'orchestra_bell_connections_lost_total',
      help: 'Times that the listening connection was lost; pauses are re-read by the clock meanwhile',
      registers,
    }),
    pausesExpired: new Counter({
      name: 'orchestra_pauses_expired_total',
      help: 'Pauses that this process closed at their end',
      registers,
    }),
    pausesStayed: new Counter({
      name: 'orchestra_pauses_stayed_total',
      help: 'Pauses that wait for a person since their time was over, marked by this process',
      registers,
    }),
    pauseWarnings: new Counter({
      name: 'orchestra_pause_warnings_total',
      help: 'Warnings of coming ends that this process gave',
      registers,
    }),
    probes: new Counter({
      name: 'orchestra_pause_probes_total',
      help: 'Probes that this process judged',
      labelNames: ['verdict'],
      registers,
    }),
    streamsCut: new Counter({
      name: 'orchestra_event_streams_cut_total',
      help: 'Event streams that this service ended',
      labelNames: ['why'],
      registers,
    }),
  };
}
