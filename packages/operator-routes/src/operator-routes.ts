import type { Database } from '@orchestra/database';
import type { Route } from '@orchestra/service-shell';
import { NO_RUNNERS, DEFAULT_STAGE_RULES, keptForRunners, LEASE_SECONDS } from '@orchestra/task-queue';
import type { QueueRules } from './queue-rules.ts';
import { actRoutes } from './routes/acts.ts';
import { goOnRoutes } from './routes/go-on.ts';
import { numbersRoutes } from './routes/numbers.ts';
import { queueRoute } from './routes/queue.ts';
import { searchRoute } from './routes/search.ts';
import { serialGateRoutes } from './routes/serial-gate.ts';
import { stopRoutes } from './routes/stops.ts';
import { readTaskRoutes } from './routes/tasks.ts';
import { whyRoute } from './routes/why.ts';

export interface DeskOptions {
  db: Database;
  /** Absent: as without any setting. */
  rules?: QueueRules | undefined;
  /**
   * Some task may start that could not before. Where nobody waits for one, there is nobody to tell: who does finds it
   * by the clock, within five seconds.
   */
  onOpened?: (() => void) | undefined;
}

/**
 * What an operator reads about tasks and does with them. pause-api serves it as well as worker-claimer, because a page
 * talks to the one origin that it came from.
 */
export function operatorRoutes({ db, rules = {}, onOpened = () => {} }: DeskOptions): Route[] {
  const {
    leaseSeconds = LEASE_SECONDS,
    heal = 'on',
    gatedRepos = null,
    stages: { pipelines } = DEFAULT_STAGE_RULES,
    runners: switches = NO_RUNNERS,
  } = rules;
  return [
    ...readTaskRoutes({ db }),
    whyRoute({ db, gatedRepos, kept: keptForRunners(switches, pipelines) }),
    queueRoute({ db, leaseSeconds, gatedRepos, heal, runners: { switches, pipelines } }),
    ...numbersRoutes({ db }),
    searchRoute({ db }),
    ...goOnRoutes({ db, onOpened }),
    ...actRoutes({ db, onOpened }),
    ...stopRoutes({ db }),
    ...serialGateRoutes({ db, gatedRepos, onOpened }),
  ];
}
