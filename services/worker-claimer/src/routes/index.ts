import type { Database } from '@orchestra/database';
import { operatorRoutes, type QueueRules } from '@orchestra/operator-routes';
import type { Route } from '@orchestra/service-shell';
import type { AutoParkRepos, GatedRepos, RunnerReservations, QuestionRepos, StageRules } from '@orchestra/task-queue';
import type { ClaimPlace } from '../claim-for-caller.ts';
import type { QueueMetrics } from '../queue-metrics.ts';
import type { TellEndings } from '../told-endings.ts';
import type { WaitingRoom } from '../waiting/waiting-room.ts';
import { addTasksRoute } from './add-tasks.ts';
import { claimRoute, type Saw } from './claim.ts';
import { questionRoutes } from './questions.ts';
import { runRoutes } from './runs.ts';
import { stageRoutes } from './stages.ts';

export interface RouteDependencies {
  db: Database;
  /** For the endings of runs: see CLAIM_SETTINGS. */
  endings: Database;
  place: ClaimPlace;
  room: WaitingRoom;
  metrics: QueueMetrics;
  leaseSeconds: number;
  gatedRepos: GatedRepos;
  autoParkRepos: AutoParkRepos;
  questionRepos: QuestionRepos;
  rules: StageRules;
  kept: RunnerReservations;
  told: TellEndings;
  saw: Saw;
  /** Tasks were added. */
  onAdded: (tasks: readonly { agent_id?: string | null | undefined; skill?: string | null | undefined }[]) => void;
  /** Some task may start that could not before. */
  onOpened: () => void;
  /** What the desk's calls go by. */
  queue: QueueRules;
}

/** Every call of this service. */
export function makeRoutes({
  db,
  endings,
  place,
  room,
  metrics,
  leaseSeconds,
  gatedRepos,
  autoParkRepos,
  questionRepos,
  rules,
  kept,
  told,
  saw,
  onAdded,
  onOpened,
  queue,
}: RouteDependencies): Route[] {
  return [
    addTasksRoute({ db, metrics, pipelines: rules.pipelines, onAdded }),
    claimRoute({ db, place, room, leaseSeconds, gatedRepos, kept, told, saw }),
    ...runRoutes({ db, endings, leaseSeconds, rules, told }),
    ...stageRoutes({ db, endings, rules, questionRepos, told }),
    ...questionRoutes({ db, metrics, autoParkRepos, questionRepos, onOpened }),
    ...operatorRoutes({ db, rules: queue, onOpened }),
  ];
}
