import type { Metrics } from '@orchestra/service-shell';
import { Counter, Gauge, Histogram } from 'prom-client';

/** What this service counts besides its answers. Labels of tasks never become labels here: there is no end of them. */
export interface QueueMetrics {
  tasksAdded: Counter;
  claims: Counter<'found'>;
  tasksClaimed: Counter;
  claimSeconds: Histogram;
  claimersGone: Counter;
  looks: Counter;
  runsEnded: Counter<'outcome'>;
  runsReaped: Counter<'cause'>;
  queuedHealed: Counter;
  rowsFailed: Counter<'what'>;
  rowsFailing: Gauge;
  deadlocks: Gauge;
  tasksForgotten: Counter;
  tasksDeferred: Counter;
  deferred: Gauge;
  bellConnectionsLost: Counter;
}

export function makeQueueMetrics(
  { registry }: Metrics,
  source: { waiters: () => number; attachedFailing: () => number },
): QueueMetrics {
  const registers = [registry];
  new Gauge({
    name: 'orchestra_claim_waiters',
    help: 'Claims that wait for a task',
    registers,
    collect() {
      this.set(source.waiters());
    },
  });
  new Gauge({
    name: 'orchestra_attached_databases_failing',
    help: 'Databases of attached queues that the pauses cannot be copied to just now',
    registers,
    collect() {
      this.set(source.attachedFailing());
    },
  });
  return {
    tasksAdded: new Counter({
      name: 'orchestra_tasks_added_total',
      help: 'Tasks added through this process',
      registers,
    }),
    claims: new Counter({
      name: 'orchestra_claims_total',
      help: 'Claims made in the database',
      labelNames: ['found'],
      registers,
    }),
    tasksClaimed: new Counter({ name: 'orchestra_tasks_claimed_total', help: 'Tasks that claims took', registers }),
    claimSeconds: new Histogram({
      name: 'orchestra_claim_duration_seconds',
      help: 'How long a claim takes in the database; waiting for a task is not in it',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    claimersGone: new Counter({
      name: 'orchestra_claimers_gone_total',
      help: 'Claims whose caller had gone before the answer; their tasks went back at once',
      registers,
    }),
    looks: new Counter({
      name: 'orchestra_claim_looks_total',
      help: 'Looks at the queue on behalf of all claims that wait',
      registers,
    }),
    runsEnded: new Counter({
      name: 'orchestra_runs_ended_total',
      help: 'Runs that their owners ended',
      labelNames: ['outcome'],
      registers,
    }),
    runsReaped: new Counter({
      name: 'orchestra_runs_reaped_total',
      help: 'Runs taken away: no heartbeat for the lease, or their worker was seen dead',
      labelNames: ['cause'],
      registers,
    }),
    queuedHealed: new Counter({
      name: 'orchestra_impossible_queued_total',
      help: 'Queued rows that still named a run, healed by this process',
      registers,
    }),
    rowsFailed: new Counter({
      name: 'orchestra_reaper_row_failures_total',
      help: 'Times that this process could not heal the row of a task, or take it from a lost worker; the others were',
      labelNames: ['what'],
      registers,
    }),
    rowsFailing: new Gauge({
      name: 'orchestra_reaper_rows_failing',
      help: 'Rows that the last reaper tick could neither heal nor take away; the log tells which',
      registers,
    }),
    deadlocks: new Gauge({
      name: 'orchestra_database_deadlocks',
      help:
        'Deadlocks that the server has found in this database since its statistics were reset, as of the ' +
        'last reaper tick',
      registers,
    }),
    tasksForgotten: new Counter({
      name: 'orchestra_tasks_forgotten_total',
      help: 'Finished tasks that this process has deleted for their age',
      registers,
    }),
    tasksDeferred: new Counter({
      name: 'orchestra_tasks_deferred_total',
      help: 'Tasks that this process has put off for a pause',
      registers,
    }),
    deferred: new Gauge({
      name: 'orchestra_tasks_deferred',
      help: 'Queued tasks that have been put off for an active pause, as of the last reaper tick',
      registers,
    }),
    bellConnectionsLost: new Counter({
      name: 'orchestra_bell_connections_lost_total',
      help: 'Times that the listening connection was lost; waiting claims look by the clock meanwhile',
      registers,
    }),
  };
}
