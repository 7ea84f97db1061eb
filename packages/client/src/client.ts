import {
  activePauses,
  alerts,
  alertView,
  backlogReleaseAnswer,
  checkAnswer,
  gateReportAnswer,
  heldNow,
  history,
  notices,
  noticeTargetView,
  pauseHistory,
  pausePage,
  pausePreview,
  pauseReceipt,
  pauseView,
  sessionView,
  stopView,
  turnGates,
  unpauseAnswer,
  verifyAnswer,
  type ActivePauseView,
  type alertRequest,
  type alertsQuery,
  type checkQuery,
  type ExtendRequest,
  type gateQuestion,
  type GateReportRequest,
  type historyQuery,
  type pauseRequest,
  type pausesQuery,
  type BacklogReleaseRequest,
  type UnpauseRequest,
} from '@orchestra/pause-core/contract';
import {
  actAnswer,
  actPreview,
  begunAnswer,
  claimAnswer,
  endingAnswers,
  enqueueAnswer,
  finishAnswer,
  heartbeatAnswer,
  labelPage,
  labels,
  pipelinesView,
  preflightAnswer,
  queueRates,
  queueView,
  repoGateView,
  searchAnswer,
  serialGateView,
  taskOutput,
  taskEvents,
  tasks,
  taskView,
  taskWhy,
  triageAnswer,
  triageView,
  workers,
  type AnswerTaskRequest,
  type BegunRequest,
  type CancelTasksRequest,
  type ClaimRequest,
  type CompleteRequest,
  type EnqueueRequest,
  type FailRequest,
  type FinishRequest,
  type FreezeRepoRequest,
  type HoldRequest,
  type LabelQuery,
  type labelsQuery,
  type LimitRepoRequest,
  type MoveTasksRequest,
  type NeedsInputRequest,
  type ParkRunRequest,
  type ParkTaskRequest,
  type PreflightRequest,
  type RatesQuery,
  type ReleaseRequest,
  type ResumeHeldRequest,
  type RetryRequest,
  type RetryTasksRequest,
  type StoppedRequest,
  type StopTasksRequest,
  type tasksQuery,
  type ThawRepoRequest,
  type TriageBy,
  type TriageRequest,
  type UnparkTaskRequest,
} from '@orchestra/task-queue/contract';
import type { z } from 'zod';
import { senateEvents, type EventsOptions } from './event-stream.ts';
import type { ServiceName } from './errors.ts';
import { queryString } from './query.ts';
import { send, type CallOptions, type Peer, type WatchedCall } from './send.ts';

export interface ClientOptions {
  /** pause-api */
  url: string;
  /** worker-claimer */
  tasksUrl: string;
  /** Bearer token; without one only what is open to all answers. */
  token?: string | undefined;
  /** In place of undici, which is what is behind the `fetch` of Node.js. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Stands beside each call until it is over. When it rejects, the call ends with its error. */
  watch?: ((call: WatchedCall) => Promise<void>) | undefined;
}

export interface ChangeOptions extends CallOptions {
  /** Under one key a change is made once, however often it is asked for. A random one unless given. */
  idempotencyKey?: string | undefined;
}

type AlertRequest = z.input<typeof alertRequest>;
type CheckQuery = z.input<typeof checkQuery>;
type PauseRequest = z.input<typeof pauseRequest>;

/** Which page of a list: at most `limit` entries, from where `next_cursor` of an earlier answer points. */
export interface PageQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}
type Filter<T> = PageQuery & Omit<T, keyof PageQuery>;
type HistoryQuery = Filter<z.input<typeof historyQuery>>;
type AlertsQuery = Filter<Omit<z.input<typeof alertsQuery>, 'unacknowledged'>> & {
  unacknowledged?: boolean | undefined;
};
type PausesQuery = Filter<Omit<z.input<typeof pausesQuery>, 'history'>>;
type TasksQuery = Filter<Omit<z.input<typeof tasksQuery>, 'parked' | 'paused' | 'running_longer_than_seconds'>> & {
  parked?: boolean | undefined;
  paused?: boolean | undefined;
  running_longer_than_seconds?: number | undefined;
};

// A long poll may be answered in its last moment, and the answer has to travel.
const CLAIM_MARGIN_MS = 10_000;
const PAGE_SIZE = 200;
const PAGES_MAX = 1_000;

export type Client = ReturnType<typeof createClient>;

/**
 * A client of pause-api and worker-claimer that knows nothing but the contract. Every call rejects with ApiError (the
 * service refused), ConnectionError (it could not be asked) or AnswerError (something else answered).
 *
 * @throws TypeError when an address is none
 */
export function createClient(options: ClientOptions) {
  const pauseApi = peerOf('pause-api', options.url, options);
  const claimer = peerOf('worker-claimer', options.tasksUrl, options);
  const read = <T>(peer: Peer, path: string, answer: z.ZodType<T>, call?: CallOptions) =>
    send(peer, { method: 'GET', path, answer }, call);
  const change = <T>(
    peer: Peer,
    path: string,
    body: unknown,
    answer: z.ZodType<T>,
    { idempotencyKey, ...call }: ChangeOptions = {},
  ) => send(peer, { method: 'POST', path, body, answer, idempotencyKey: idempotencyKey ?? crypto.randomUUID() }, call);
  const preview = (path: string, body: unknown, call?: CallOptions) =>
    send(claimer, { method: 'POST', path: `${path}?dry_run=true`, body, answer: actPreview }, call);
  const ofTask = (id: string, what: string) => `/api/tasks/${encodeURIComponent(id)}/${what}`;

  const pauses = (query: PausesQuery = {}, call?: CallOptions) =>
    read(pauseApi, `/api/senate/pauses${queryString(query)}`, activePauses, call);

  return {
    /** Pauses a scope and says whether it has taken effect. */
    pause: (request: PauseRequest, call?: ChangeOptions) =>
      change(pauseApi, '/api/senate/pause', request, pauseReceipt, call),
    /** What a pause would hold. Changes nothing. */
    pausePreview: (request: PauseRequest, call?: CallOptions) =>
      send(
        pauseApi,
        { method: 'POST', path: '/api/senate/pause?dry_run=true', body: request, answer: pausePreview },
        call,
      ),
    /** Clears what is active on a scope, or one pause by its id. */
    unpause: (request: UnpauseRequest, call?: ChangeOptions) =>
      change(pauseApi, '/api/senate/unpause', request, unpauseAnswer, call),
    /** Lets tasks of a paused backlog go: one, or all of them at a pace. */
    releaseBacklog: (request: BacklogReleaseRequest, call?: ChangeOptions) =>
      change(pauseApi, '/api/senate/release', request, backlogReleaseAnswer, call),
    /** Gives an active pause another end, counted from now. */
    extend: (request: ExtendRequest, call?: ChangeOptions) =>
      change(pauseApi, '/api/senate/extend', request, pauseView, call),
    /** What waits under a pause, in groups by age, by failures since, or by quest. */
    triageView: (id: string, by: TriageBy, call?: CallOptions) =>
      read(pauseApi, `/api/senate/pauses/${encodeURIComponent(id)}/triage${queryString({ by })}`, triageView, call),
    /** Cancels and parks groups of it; call again while `again` is true. To repeat it does no harm. */
    triage: (request: TriageRequest, { isDryRun = false, ...call }: CallOptions & { isDryRun?: boolean } = {}) =>
      send(
        pauseApi,
        {
          method: 'POST',
          path: `/api/senate/triage${isDryRun ? '?dry_run=true' : ''}`,
          body: request,
          answer: triageAnswer,
        },
        call,
      ),
    /** One page of the active pauses. */
    pauses,
    /** Every active pause, read page by page; all or none. */
    allPauses: async (
      query: Omit<PausesQuery, 'cursor' | 'limit'> = {},
      call?: CallOptions,
    ): Promise<ActivePauseView[]> => {
      const all: ActivePauseView[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < PAGES_MAX; page++) {
        const answer = await pauses({ ...query, cursor, limit: PAGE_SIZE }, call);
        all.push(...answer.pauses);
        if (answer.next_cursor === null) return all;
        cursor = answer.next_cursor;
      }
      throw new RangeError(`more than ${PAGES_MAX * PAGE_SIZE} active pauses`);
    },
    /** One page of the pauses that have ended. */
    pauseHistory: (query: PausesQuery = {}, call?: CallOptions) =>
      read(pauseApi, `/api/senate/pauses${queryString({ ...query, history: true })}`, pauseHistory, call),
    /** What is paused now, from the service's own copy, with its age: for a copy of it. */
    heldNow: (query: { max_age_ms?: number; known?: string | undefined } = {}, call?: CallOptions) =>
      read(pauseApi, `/api/senate/pauses/active${queryString(query)}`, heldNow, call),
    /** Is work with these labels paused, and by which pause? */
    check: (labels: CheckQuery, call?: CallOptions) =>
      read(pauseApi, `/api/senate/pauses/check${queryString(labels)}`, checkAnswer, call),

    /** May a step with these labels begin? Reads the database, and is refused while that is away. */
    askGate: (question: z.input<typeof gateQuestion>, call?: CallOptions) =>
      send(pauseApi, { method: 'POST', path: '/api/turn-gates/ask', body: question, answer: checkAnswer }, call),
    /** A gate says which pauses it knows, and what it has refused. */
    reportGate: (report: GateReportRequest, call?: CallOptions) =>
      send(pauseApi, { method: 'POST', path: '/api/turn-gates/report', body: report, answer: gateReportAnswer }, call),
    /** The gates that are connected. */
    turnGates: (call?: CallOptions) => read(pauseApi, '/api/turn-gates', turnGates, call),

    recordAlert: (request: AlertRequest, call?: ChangeOptions) =>
      change(pauseApi, '/api/senate/alerts', request, alertView, call),
    /**
     * The receipt of one pause, as of now: what ran when it took effect and how that ended, what it holds, what
     * happened to it.
     */
    pausePage: (id: string, call?: CallOptions) =>
      read(pauseApi, `/api/senate/pauses/${encodeURIComponent(id)}`, pausePage, call),
    /** Did anything start while it was paused? Asks of the last hour, or since an instant. */
    verify: (query: { since?: string | undefined; limit?: number | undefined } = {}, call?: CallOptions) =>
      read(pauseApi, `/api/senate/verify${queryString(query)}`, verifyAnswer, call),
    /** Who did what, when, why; newest first. */
    history: (query: HistoryQuery = {}, call?: CallOptions) =>
      read(pauseApi, `/api/senate/history${queryString(query)}`, history, call),

    alerts: (query: AlertsQuery = {}, call?: CallOptions) =>
      read(pauseApi, `/api/senate/alerts${queryString(query)}`, alerts, call),
    ackAlert: (id: string, call?: ChangeOptions) =>
      change(pauseApi, `/api/senate/alerts/${encodeURIComponent(id)}/ack`, {}, alertView, call),

    /** How the sending of notices stands, target by target. */
    notices: (call?: CallOptions) => read(pauseApi, '/api/senate/notices', notices, call),
    /** Sends to a target of notices again: one that was switched off, or that is left alone after failures. */
    resumeNotices: (target: string, call?: ChangeOptions) =>
      change(pauseApi, '/api/senate/notices/resume', { target }, noticeTargetView, call),

    /** Whose token this is, and what it may do. */
    session: (call?: CallOptions) => read(pauseApi, '/api/session', sessionView, call),

    /** The stream of events, from a snapshot or from where `lastEventId` left off; reconnects by itself. */
    events: (stream?: EventsOptions) => senateEvents(pauseApi, stream),

    /** Adds one task or many; the ids come in their order. */
    enqueue: (request: EnqueueRequest, call?: ChangeOptions) =>
      change(claimer, '/api/tasks', request, enqueueAnswer, call),
    task: (id: string, call?: CallOptions) => read(claimer, `/api/tasks/${encodeURIComponent(id)}`, taskView, call),
    tasks: (query: TasksQuery = {}, call?: CallOptions) =>
      read(claimer, `/api/tasks${queryString(query)}`, tasks, call),
    taskEvents: (id: string, query: PageQuery = {}, call?: CallOptions) =>
      read(claimer, ofTask(id, 'events') + queryString(query), taskEvents, call),
    /** What holds a task, what must go first, and when it could start. */
    why: (id: string, call?: CallOptions) => read(claimer, ofTask(id, 'why'), taskWhy, call),
    queue: (call?: CallOptions) => read(claimer, '/api/queue', queueView, call),
    /** Numbers for each label of a kind, those with the most to do first. */
    queueLabels: (query: Omit<z.input<typeof labelsQuery>, 'limit'> & Pick<PageQuery, 'limit'>, call?: CallOptions) =>
      read(claimer, `/api/queue/labels${queryString(query)}`, labels, call),
    /** What was claimed and how it ended, by minute of the last hour, or also span by span of a longer range. */
    queueRates: ({ range, ...call }: CallOptions & RatesQuery = {}) =>
      read(claimer, `/api/queue/rates${queryString({ range })}`, queueRates, call),
    /** One agent, skill, quest or actor: its numbers and its latest alerts. */
    queueLabel: (query: LabelQuery, call?: CallOptions) =>
      read(claimer, `/api/queue/label${queryString(query)}`, labelPage, call),
    /** The workers: what they ask for, what they run, and when they last reported. */
    workers: (query: { contains?: string | undefined; limit?: number | undefined } = {}, call?: CallOptions) =>
      read(claimer, `/api/queue/workers${queryString(query)}`, workers, call),
    /** The serial gates of repos. */
    serialGate: (query: { contains?: string | undefined; repo?: string | undefined } = {}, call?: CallOptions) =>
      read(claimer, `/api/serial-gate${queryString(query)}`, serialGateView, call),
    /** Tasks, pauses, labels and repos by an id or a text. */
    search: (q: string, call?: CallOptions) => read(claimer, `/api/search${queryString({ q })}`, searchAnswer, call),

    /**
     * Claims tasks; waits up to `wait_seconds` for one. Without a key it is sent once, and the service puts back what
     * it took for a caller that is gone before the answer. With a key it is repeated like any other call, and gets the
     * same tasks.
     */
    claim: (request: ClaimRequest, { idempotencyKey, ...call }: ChangeOptions = {}) =>
      send(
        claimer,
        { method: 'POST', path: '/api/tasks/claim', body: request, answer: claimAnswer, idempotencyKey },
        {
          timeLimitMs: (request.wait_seconds ?? 0) * 1_000 + CLAIM_MARGIN_MS,
          ...(idempotencyKey === undefined ? { triesMax: 1 } : {}),
          ...call,
        },
      ),
    /** Says that a run is alive; with `output`, also what it has printed last, at most 16,000 characters. */
    heartbeat: (
      id: string,
      runId: string,
      { output, printed, ...call }: ChangeOptions & { output?: string | undefined; printed?: number | undefined } = {},
    ) =>
      change(
        claimer,
        ofTask(id, 'heartbeat'),
        output === undefined ? { run_id: runId } : { run_id: runId, output, printed },
        heartbeatAnswer,
        call,
      ),
    complete: (id: string, request: CompleteRequest, call?: ChangeOptions) =>
      change(claimer, ofTask(id, 'complete'), request, finishAnswer, call),
    fail: (id: string, request: FailRequest, call?: ChangeOptions) =>
      change(claimer, ofTask(id, 'fail'), request, finishAnswer, call),
    release: (id: string, request: ReleaseRequest, call?: ChangeOptions) =>
      change(claimer, ofTask(id, 'release'), request, finishAnswer, call),
    /**
     * Ends a run that its environment stopped: its task is held until an operator lets it go on, and uses up no
     * attempt.
     */
    hold: (id: string, request: HoldRequest, call?: ChangeOptions) =>
      change(claimer, ofTask(id, 'hold'), request, finishAnswer, call),
    /**
     * Ends a run that a passing disturbance stopped: its task is tried again, so many times in a row, and uses up no
     * attempt.
     */
    retry: (id: string, request: RetryRequest, call?: ChangeOptions) =>
      change(claimer, ofTask(id, 'retry'), request, finishAnswer, call),
    /** Lets a held task go on, after the repair. */
    resumeHeld: (id: string, request: ResumeHeldRequest = {}, call?: ChangeOptions) =>
      change(claimer, ofTask(id, 'resume-held'), request, taskView, call),
    /** The end of what the last run of a task has printed so far. */
    taskOutput: (id: string, call?: CallOptions) => read(claimer, ofTask(id, 'output'), taskOutput, call),
    /** The tables of stages that tasks go through. */
    pipelines: (call?: CallOptions) => read(claimer, '/api/pipelines', pipelinesView, call),
    /** What a runner found in its environment; `queue` tells it. */
    reportPreflight: (request: PreflightRequest, call?: ChangeOptions) =>
      change(claimer, '/api/runners/preflight', request, preflightAnswer, call),
    /** Cancels tasks that wait or are held: by their ids, or 500 at a time of those that a filter finds. */
    cancelTasks: (request: CancelTasksRequest, call?: ChangeOptions) =>
      change(claimer, '/api/tasks/cancel', request, actAnswer, call),
    cancelTasksPreview: (request: CancelTasksRequest, call?: CallOptions) =>
      preview('/api/tasks/cancel', request, call),
    /** Brings failed or cancelled tasks back to the queue, with all their attempts. */
    retryTasks: (request: RetryTasksRequest, call?: ChangeOptions) =>
      change(claimer, '/api/tasks/retry', request, actAnswer, call),
    retryTasksPreview: (request: RetryTasksRequest, call?: CallOptions) => preview('/api/tasks/retry', request, call),
    /** Gives tasks another priority. */
    moveTasks: (request: MoveTasksRequest, call?: ChangeOptions) =>
      change(claimer, '/api/tasks/move', request, actAnswer, call),
    moveTasksPreview: (request: MoveTasksRequest, call?: CallOptions) => preview('/api/tasks/move', request, call),
    /** Orders runs to stop; `stopOrder` tells what has become of them. */
    stopTasks: (request: StopTasksRequest, call?: ChangeOptions) =>
      change(claimer, '/api/tasks/stop', request, stopView, call),
    /** How an order to stop runs stands. */
    stopOrder: (id: string, call?: CallOptions) =>
      read(claimer, `/api/stops/${encodeURIComponent(id)}`, stopView, call),
    /** Ends a run because an operator has it stopped: its heartbeat was answered with `stop`. */
    stopped: (id: string, request: StoppedRequest, call?: ChangeOptions) =>
      change(claimer, ofTask(id, 'stopped'), request, finishAnswer, call),
    /** Says of runs that were claimed ahead that they have begun. */
    begun: (request: BegunRequest, call?: ChangeOptions) =>
      change(claimer, '/api/tasks/begun', request, begunAnswer, call),
    /** Ends many runs, at most 100; each has an answer of its own. */
    finish: (request: FinishRequest, call?: ChangeOptions) =>
      change(claimer, '/api/tasks/finish', request, endingAnswers, call),
    /** Ends a run with questions: the task waits for its answer, parked, and uses up no attempt. */
    needsInput: (id: string, request: NeedsInputRequest, call?: ChangeOptions) =>
      change(claimer, ofTask(id, 'needs-input'), request, finishAnswer, call),
    /** Parks the task of one's own run: should the run go back to the queue, it stays aside. */
    parkRun: (id: string, request: ParkRunRequest, call?: ChangeOptions) =>
      change(claimer, ofTask(id, 'park'), request, taskView, call),
    unparkRun: (id: string, runId: string, call?: ChangeOptions) =>
      change(claimer, ofTask(id, 'unpark'), { run_id: runId }, taskView, call),

    /** Sets a task aside, so that its repo goes on without it. */
    park: (request: ParkTaskRequest, call?: ChangeOptions) =>
      change(claimer, '/api/serial-gate/pause', request, taskView, call),
    /** Lets a parked task come back to its old place. */
    unpark: (request: UnparkTaskRequest, call?: ChangeOptions) =>
      change(claimer, '/api/serial-gate/resume', request, taskView, call),
    /** Answers the open question of a task and unparks it; its next run gets both. */
    answerTask: (id: string, request: AnswerTaskRequest, call?: ChangeOptions) =>
      change(claimer, ofTask(id, 'answer'), request, taskView, call),
    /** Closes the gate of a repo: none of its tasks starts until it is thawed. */
    freezeRepo: (request: FreezeRepoRequest, call?: ChangeOptions) =>
      change(claimer, '/api/serial-gate/freeze', request, repoGateView, call),
    thawRepo: (request: ThawRepoRequest, call?: ChangeOptions) =>
      change(claimer, '/api/serial-gate/thaw', request, repoGateView, call),
    /** How many tasks of a repo may be in progress at a time. */
    limitRepo: (request: LimitRepoRequest, call?: ChangeOptions) =>
      change(claimer, '/api/serial-gate/limit', request, repoGateView, call),
  };
}

function peerOf(service: ServiceName, address: string, options: ClientOptions): Peer {
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new TypeError(`"${address}" is not an address of ${service}; it looks like http://127.0.0.1:4400`);
  }
  return {
    service,
    url: address.replace(/\/+$/, ''),
    token: options.token,
    fetch: options.fetch,
    watch: options.watch,
  };
}
