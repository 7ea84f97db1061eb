import type { Metrics } from '@orchestra/service-shell';
import { Counter, Gauge, Histogram } from 'prom-client';

/** What this service counts. Actors never become labels: there is no end of them. */
export interface CascadeMetrics {
  sweepSeconds: Histogram;
  candidates: Gauge;
  autoPauses: Counter;
  autoPauseFloods: Counter;
  notJudged: Counter;
  alertsTooLate: Counter;
  watchSeconds: Histogram;
  runawayAlerts: Counter<'about'>;
  bellConnectionsLost: Counter;
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function makeCascadeMetrics({ registry }: Metrics): CascadeMetrics {
  const registers = [registry];
  return {
    sweepSeconds: new Histogram({
      name: 'orchestra_sweep_duration_seconds',
      help: 'How long a sweep over the alerts takes',
      buckets: BUCKETS,
      registers,
    }),
    candidates: new Gauge({
      name: 'orchestra_auto_pause_candidates',
      help: 'Actors that the last sweep had to judge',
      registers,
    }),
    autoPauses: new Counter({ name: 'orchestra_auto_pauses_total', help: 'Pauses that this process made', registers }),
    autoPauseFloods: new Counter({
      name: 'orchestra_auto_pause_floods_total',
      help: 'Alerts that this process raised about a source with too many auto-pauses',
      registers,
    }),
    notJudged: new Counter({
      name: 'orchestra_actors_not_judged_total',
      help: 'Actors that a sweep could not judge; the next one judges them again',
      registers,
    }),
    alertsTooLate: new Counter({
      name: 'orchestra_alerts_too_late_total',
      help:
        'Critical alerts that this process has seen come with a time of so long ago that they count toward ' +
        'no auto-pause',
      registers,
    }),
    watchSeconds: new Histogram({
      name: 'orchestra_watchdog_duration_seconds',
      help: 'How long a look of the watchdog takes',
      buckets: BUCKETS,
      registers,
    }),
    runawayAlerts: new Counter({
      name: 'orchestra_runaway_alerts_total',
      help: 'Alerts that the watchdog of this process raised',
      labelNames: ['about'],
      registers,
    }),
    bellConnectionsLost: new Counter({
      name: 'orchestra_bell_connections_lost_total',
      help: 'Times that the listening connection was lost; sweeps go by the clock meanwhile',
      registers,
    }),
  };
}
