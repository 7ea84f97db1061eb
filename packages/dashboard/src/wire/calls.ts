import type {
  Alerts,
  AlertView,
  BacklogReleaseAnswer,
  BacklogReleaseRequest,
  History,
  PauseHistory,
  PausePage,
  PausePreview,
  PauseReceipt,
  PauseRequest,
  LabelKind,
  PauseView,
  Scope,
  StopView,
  UnpauseAnswer,
  VerifyAnswer,
} from '@orchestra/pause-core/contract';
import type {
  ActAnswer,
  LabelPage,
  Labels,
  QueueRates,
  RateRange,
  RepoGateView,
  SearchAnswer,
  SerialGateView,
  TaskEvents,
  TaskOutput,
  Tasks,
  TaskView,
  TaskWhy,
  TriageAnswer,
  TriageBy,
  TriageRequest,
  TriageView,
  Workers,
} from '@orchestra/task-queue/contract';
import { readJson, sendJson } from './json-calls.ts';

// Every call of the API that this page makes, by what it is for. All of them throw ApiError.

export const readPausePage = (id: string, signal: AbortSignal): Promise<PausePage> =>
  readJson(`api/senate/pauses/${id}`, signal);
export const readCriticalAlerts = (limit: number, signal: AbortSignal): Promise<Alerts> =>
  readJson(`api/senate/alerts?severity=critical&limit=${limit}`, signal);
export const readAlerts = (query: URLSearchParams, signal: AbortSignal): Promise<Alerts> =>
  readJson(`api/senate/alerts?${query}`, signal);
export const readHistory = (query: URLSearchParams, signal: AbortSignal): Promise<History> =>
  readJson(`api/senate/history?${query}`, signal);
export const readTasks = (query: URLSearchParams, signal: AbortSignal): Promise<Tasks> =>
  readJson(`api/tasks?${query}`, signal);
export const readTask = (id: string, signal: AbortSignal): Promise<TaskView> => readJson(`api/tasks/${id}`, signal);
export const readTaskEvents = (id: string, signal: AbortSignal): Promise<TaskEvents> =>
  readJson(`api/tasks/${id}/events?limit=200`, signal);
export const readOutput = (id: string, signal: AbortSignal): Promise<TaskOutput> =>
  readJson(`api/tasks/${id}/output`, signal);
export const readWhy = (id: string, signal: AbortSignal): Promise<TaskWhy> => readJson(`api/tasks/${id}/why`, signal);
export const readRates = (range: RateRange, signal: AbortSignal): Promise<QueueRates> =>
  readJson(`api/queue/rates?range=${range}`, signal);
export const readLabelPage = (kind: LabelKind, value: string, signal: AbortSignal): Promise<LabelPage> =>
  readJson(`api/queue/label?${new URLSearchParams({ kind, value })}`, signal);
export const readWorkers = (query: URLSearchParams, signal: AbortSignal): Promise<Workers> =>
  readJson(`api/queue/workers?${query}`, signal);
export const readGates = (query: URLSearchParams, signal: AbortSignal): Promise<SerialGateView> =>
  readJson(`api/serial-gate?${query}`, signal);
export const searchFor = (q: string, signal: AbortSignal): Promise<SearchAnswer> =>
  readJson(`api/search?${new URLSearchParams({ q })}`, signal);
export const readEndedPauses = (query: URLSearchParams, signal: AbortSignal): Promise<PauseHistory> =>
  readJson(`api/senate/pauses?${query}`, signal);
export const verifySince = (since: string, signal: AbortSignal): Promise<VerifyAnswer> =>
  readJson(`api/senate/verify?${new URLSearchParams({ since })}`, signal);
export const readLabels = (by: LabelKind, contains: string, signal: AbortSignal): Promise<Labels> =>
  readJson(
    `api/queue/labels?${new URLSearchParams({ by, limit: '200', ...(contains === '' ? {} : { contains }) })}`,
    signal,
  );

/** What a pause would hold. Nothing is written. */
export const previewPause = ({ kind, value, also }: Scope, signal: AbortSignal): Promise<PausePreview> =>
  sendJson(
    'POST',
    'api/senate/pause?dry_run=true',
    { scope_kind: kind, scope_value: value, ...(also === undefined ? {} : { also }), reason: 'a preview' },
    { signal },
  );

/** A change that a person asked for; `key` is one for each thing wanted, so that asking twice does it once. */
export interface Wanted {
  key: string;
  signal: AbortSignal;
}

export const pause = (wanted: Wanted, request: PauseRequest): Promise<PauseReceipt> =>
  sendJson('POST', 'api/senate/pause', request, wanted);
export const clearPause = (wanted: Wanted, id: string, reason: string): Promise<UnpauseAnswer> =>
  sendJson('POST', 'api/senate/unpause', { id, ...(reason === '' ? {} : { reason }) }, wanted);
export const extendPause = (
  wanted: Wanted,
  id: string,
  ttlSeconds: number | null,
  then: PauseView['then'],
  reason: string,
): Promise<PauseView> =>
  sendJson(
    'POST',
    'api/senate/extend',
    { id, ttl_seconds: ttlSeconds, then: ttlSeconds === null ? 'resume' : then, ...(reason === '' ? {} : { reason }) },
    wanted,
  );
export const releaseBacklog = (wanted: Wanted, request: BacklogReleaseRequest): Promise<BacklogReleaseAnswer> =>
  sendJson('POST', 'api/senate/release', request, wanted);
export const readTriage = (id: string, by: TriageBy, signal: AbortSignal): Promise<TriageView> =>
  readJson(`api/senate/pauses/${id}/triage?by=${by}`, signal);
export const triage = ({ signal }: Pick<Wanted, 'signal'>, request: TriageRequest): Promise<TriageAnswer> =>
  sendJson('POST', 'api/senate/triage', request, { signal });
export const acknowledge = (wanted: Wanted, id: string): Promise<AlertView> =>
  sendJson('POST', `api/senate/alerts/${id}/ack`, {}, wanted);
export const freezeRepo = (wanted: Wanted, repo: string, reason: string, isNew: boolean): Promise<RepoGateView> =>
  sendJson('POST', 'api/serial-gate/freeze', { repo, reason, ...(isNew ? { new: true } : {}) }, wanted);
export const thawRepo = (wanted: Wanted, repo: string): Promise<RepoGateView> =>
  sendJson('POST', 'api/serial-gate/thaw', { repo }, wanted);
export const limitRepo = (wanted: Wanted, repo: string, max: number): Promise<RepoGateView> =>
  sendJson('POST', 'api/serial-gate/limit', { repo, max_in_progress: max }, wanted);
export const parkTask = (wanted: Wanted, id: string, reason: string): Promise<TaskView> =>
  sendJson('POST', 'api/serial-gate/pause', { task_id: id, reason }, wanted);
export const unparkTask = (wanted: Wanted, id: string): Promise<TaskView> =>
  sendJson('POST', 'api/serial-gate/resume', { task_id: id }, wanted);
export const resumeHeld = (wanted: Wanted, id: string, reason: string): Promise<TaskView> =>
  sendJson('POST', `api/tasks/${id}/resume-held`, { reason }, wanted);
export const answerTask = (wanted: Wanted, id: string, answer: string): Promise<TaskView> =>
  sendJson('POST', `api/tasks/${id}/answer`, { answer }, wanted);

/** What a person does to the tasks of these ids. */
export type TaskAct = { act: 'cancel' } | { act: 'retry' } | { act: 'move'; priority: number };
export const actOnTasks = (wanted: Wanted, act: TaskAct, ids: readonly string[], reason: string): Promise<ActAnswer> =>
  sendJson(
    'POST',
    `api/tasks/${act.act}`,
    { ids, ...(reason === '' ? {} : { reason }), ...(act.act === 'move' ? { priority: act.priority } : {}) },
    wanted,
  );

/** Which runs are stopped: those of some tasks, or all that a pause covers. */
export type RunsToStop = { ids: readonly string[] } | { pause_id: string };
export const stopRuns = (wanted: Wanted, runs: RunsToStop, reason: string, then: StopView['then']): Promise<StopView> =>
  sendJson('POST', 'api/tasks/stop', { ...runs, reason, then }, wanted);
export const readStop = (id: string, signal: AbortSignal): Promise<StopView> => readJson(`api/stops/${id}`, signal);
