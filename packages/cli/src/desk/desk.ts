import type {
  ActivePauseView, alertsQuery, AlertView, checkAnswer, checkQuery, pauseRequest, PausePreview, PauseReceipt, ScopeKind,
  UnpauseAnswer, UnpauseRequest,
} from '@orchestra/pause-core/contract';
import type {
  freezeRepoRequest, limitRepoRequest, newTask, parkTaskRequest, QueueView, RepoGateView, TaskEventView, tasksQuery, TaskView,
  thawRepoRequest, unparkTaskRequest,
} from '@orchestra/task-queue/contract';
import type { z } from 'zod';

export interface ScopeFilter {
  scope_kind: ScopeKind;
  scope_value: string;
}

export type LabelQuery = z.output<typeof checkQuery>;
export type AlertFilter = Omit<z.output<typeof alertsQuery>, 'cursor'>;
export type TaskFilter = Omit<z.output<typeof tasksQuery>, 'cursor'>;

/** A list that may go on beyond what was asked for. */
export interface Page<Row> {
  rows: Row[];
  more: boolean;
}

/**
 * What an operator can do, in the words of the contract, whichever way it is done: over the services, or over the
 * database when they are down (`--direct`).
 */
export interface Desk {
  pause(request: z.output<typeof pauseRequest>): Promise<PauseReceipt>;
  previewPause(request: z.output<typeof pauseRequest>): Promise<PausePreview>;
  unpause(request: UnpauseRequest): Promise<UnpauseAnswer>;
  /** Every active pause, newest first. */
  pauses(scope?: ScopeFilter): Promise<ActivePauseView[]>;
  check(labels: LabelQuery): Promise<z.output<typeof checkAnswer>>;
  /** Newest first. */
  alerts(filter: AlertFilter): Promise<Page<AlertView>>;
  ackAlert(id: string): Promise<AlertView>;
  /** Up to 1,000 at once, all or none; the ids come in their order. */
  enqueue(tasks: z.output<typeof newTask>[]): Promise<string[]>;
  task(id: string): Promise<TaskView>;
  /** Newest first. */
  tasks(filter: TaskFilter): Promise<Page<TaskView>>;
  /** Oldest first. */
  taskEvents(id: string, limit: number): Promise<Page<TaskEventView>>;
  queue(): Promise<QueueView>;
  park(request: z.output<typeof parkTaskRequest>): Promise<TaskView>;
  unpark(request: z.output<typeof unparkTaskRequest>): Promise<TaskView>;
  answer(taskId: string, answer: string): Promise<TaskView>;
  freezeRepo(request: z.output<typeof freezeRepoRequest>): Promise<RepoGateView>;
  thawRepo(request: z.output<typeof thawRepoRequest>): Promise<RepoGateView>;
  limitRepo(request: z.output<typeof limitRepoRequest>): Promise<RepoGateView>;
}
