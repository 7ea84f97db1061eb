import type { TargetState } from '@orchestra/notices';
import type { Metrics } from '@orchestra/service-shell';
import { Counter, Gauge, Histogram } from 'prom-client';

/** What is counted of notices. Targets are named in a file of the operator's, so their names may be labels. */
export interface NoticeMetrics {
  delivered: Histogram<'target'>;
  failed: Counter<'target'>;
  givenUp: Counter<'target'>;
  /** How things stand at each target, as last read. */
  show(states: readonly TargetState[]): void;
}

export function makeNoticeMetrics({ registry }: Metrics): NoticeMetrics {
  const registers = [registry];
  const labelNames = ['target'] as const;
  const backlog = new Gauge({
    name: 'orchestra_notice_backlog',
    help: 'Notices that wait to be sent',
    labelNames,
    registers,
  });
  const age = new Gauge({
    name: 'orchestra_notice_oldest_seconds',
    help: 'How long ago the oldest notice that waits happened; 0: none waits',
    labelNames,
    registers,
  });
  const gone = new Gauge({
    name: 'orchestra_notice_target_gone',
    help: '1: the target answered 410 and is switched off',
    labelNames,
    registers,
  });
  return {
    delivered: new Histogram({
      name: 'orchestra_notice_seconds',
      help: 'How long the calls took that delivered a notice',
      labelNames,
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    failed: new Counter({
      name: 'orchestra_notices_failed_total',
      help: 'Tries to send a notice that failed; most are tried again',
      labelNames,
      registers,
    }),
    givenUp: new Counter({
      name: 'orchestra_notices_given_up_total',
      help: 'Notices that will not be sent',
      labelNames,
      registers,
    }),
    show: (states) => {
      for (const { name: target, ...state } of states) {
        backlog.set({ target }, state.backlog);
        age.set({ target }, state.oldestAt === null ? 0 : Math.max(0, (Date.now() - state.oldestAt.getTime()) / 1_000));
        gone.set({ target }, state.goneAt === null ? 0 : 1);
      }
    },
  };
}
