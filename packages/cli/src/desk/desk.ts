import type { EventsOptions, ReceivedEvent } from '@orchestra-brake/client';
import type {
  ActivePauseView,
  alertsQuery,
  AlertView,
  checkAnswer,
  checkQuery,
  ExtendRequest,
  HistoryEntry,
  historyQuery,
  NoticeTargetView,
  PausePage,
  pauseRequest,
  PausePreview,
  PauseReceipt,
  PauseView,
  BacklogReleaseRequest,
  ReleaseView,
  ScopeKind,
  ScopeLabels,
  StopView,
  UnpauseAnswer,
  UnpauseRequest,
  VerifyAnswer,
  verifyQuery,
} from '@orchestra/pause-core/contract';
import type {
  ActAnswer,
  ActPreview,
  cancelTasksRequest,
  freezeRepoRequest,
  Labels,
  labelsQuery,
  limitRepoRequest,
  moveTasksRequest,
  newTask,
  parkTaskRequest,
  QueueView,
  RepoGateView,
  retryTasksRequest,
  stopTasksRequest,
  TaskEventView,
  TaskOutput,
  tasksQuery,
  TaskView,
  TaskWhy,
  thawRepoRequest,
  TriageAnswer,
  TriageBy,
  TriageRequest,
  TriageView,
  unparkTaskRequest,
} from '@orchestra/task-queue/contract';
import type { z } from 'zod';

/** Labels that a pause names. */
export interface ScopeFilter {
  scope_kind: ScopeKind;
  scope_value: string;
  also?: ScopeLabels | null | undefined;
}

export type LabelQuery = z.output<typeof checkQuery>;
export type AlertFilter = Omit<z.output<typeof alertsQuery>, 'cursor'>;
export type HistoryFilter = Omit<z.output<typeof historyQuery>, 'cursor'>;
export type LabelsFilter = z.output<typeof labelsQuery>;
export type TaskFilter = Omit<z.output<typeof tasksQuery>, 'cursor'>;

/** What an operator does to many tasks, or to one. */
export type TaskAct =
  | { act: 'cancel'; request: z.output<typeof cancelTasksRequest> }
  | { act: 'retry'; request: z.output<typeof retryTasksRequest> }
  | { act: 'move'; request: z.output<typeof moveTasksRequest> };

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
  /** @param signal for whom the answer would come too late */
  previewPause(request: z.output<typeof pauseRequest>, signal?: AbortSignal): Promise<PausePreview>;
  unpause(request: UnpauseRequest): Promise<UnpauseAnswer>;
  extend(request: ExtendRequest): Promise<PauseView>;
  /** What waits under a pause, in groups. */
  triageView(id: string, by: TriageBy): Promise<TriageView>;
  /** Cancels and parks groups of it; again while `again` is true. */
  triage(request: TriageRequest, options?: { isDryRun?: boolean }): Promise<TriageAnswer>;
  /** Lets tasks of a paused backlog go; null: there was no release to stop. */
  releaseBacklog(request: BacklogReleaseRequest): Promise<ReleaseView | null>;
  /** The stream of changes; undefined at a desk that nobody rings. */
  events: ((options: EventsOptions) => AsyncGenerator<ReceivedEvent>) | undefined;
  /** Every active pause, newest first; with a filter those that name these labels, and perhaps others as well. */
  pauses(scope?: ScopeFilter): Promise<ActivePauseView[]>;
  /** The receipt of one pause as of now, and what happened to it. */
  pausePage(id: string): Promise<PausePage>;
  /** Did anything start while it was paused? */
  verify(query: z.output<typeof verifyQuery>): Promise<VerifyAnswer>;
  /** Who did what, newest first. */
  history(filter: HistoryFilter): Promise<Page<HistoryEntry>>;
  /** How the sending of notices stands; its targets are settings of the services. */
  notices(): Promise<NoticeTargetView[]>;
  resumeNotices(target: string): Promise<NoticeTargetView>;
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
  /** What holds a task, what must go first, and when it could start. */
  why(id: string): Promise<TaskWhy>;
  queue(): Promise<QueueView>;
  /** Numbers for each label of a kind, those with the most to do first. */
  labels(filter: LabelsFilter): Promise<Labels>;
  park(request: z.output<typeof parkTaskRequest>): Promise<TaskView>;
  unpark(request: z.output<typeof unparkTaskRequest>): Promise<TaskView>;
  answer(taskId: string, answer: string): Promise<TaskView>;
  /** Lets a held task go on. */
  release(taskId: string, reason: string | undefined): Promise<TaskView>;
  /** Does it to the next tasks that it is for, as many as one call changes. */
  actOnTasks(what: TaskAct): Promise<ActAnswer>;
  previewAct(what: TaskAct): Promise<ActPreview>;
  /** Orders runs to stop. */
  stop(request: z.output<typeof stopTasksRequest>): Promise<StopView>;
  stopOrder(id: string): Promise<StopView>;
  /** The end of what its last run has printed so far. */
  taskOutput(taskId: string): Promise<TaskOutput>;
  freezeRepo(request: z.output<typeof freezeRepoRequest>): Promise<RepoGateView>;
  thawRepo(request: z.output<typeof thawRepoRequest>): Promise<RepoGateView>;
  limitRepo(request: z.output<typeof limitRepoRequest>): Promise<RepoGateView>;
}
