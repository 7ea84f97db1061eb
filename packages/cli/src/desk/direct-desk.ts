import { hostname, userInfo } from 'node:os';
import type { Database } from '@orchestra/database';
import {
  ackAlert,
  comparePrecedence,
  copyPausesEverywhere,
  covers,
  extendPause,
  listActivePauses,
  listAlerts,
  listHistory,
  names,
  PauseError,
  scopeOf,
  showRuns,
  toAlertView,
  toPauseView,
  type Scope,
} from '@orchestra/pause-core';
import type { UnpauseRequest } from '@orchestra/pause-core/contract';
import {
  actOnTasks,
  answerQuestion,
  CANCEL,
  enqueueTasks,
  explainTask,
  fenceStops,
  findTask,
  findTaskOutput,
  freezeRepo,
  LEASE_SECONDS,
  limitRepo,
  listPausesWithAttached,
  listTaskEvents,
  listTasks,
  moveTasks,
  parkTask,
  pauseWithReceipt,
  previewAct,
  previewPause,
  readLabelNumbers,
  readPausePage,
  readQueueView,
  readStop,
  readTriage,
  releaseBacklog,
  resumeHeld,
  retryTasks,
  settleStops,
  stopRelease,
  stopRuns,
  TaskError,
  thawRepo,
  triageBacklog,
  unknownLabels,
  unparkTask,
  unpauseWithAnswer,
  verifyEverything,
  type Act,
} from '@orchestra/task-queue';
import { wrongUsage } from '../failure.ts';
import type { Desk, Page, TaskAct } from './desk.ts';

/** How the history names someone who worked on the database itself: nobody checked a token. */
export function directName(): string {
  return `${userInfo().username}@${hostname()} (direct)`.slice(0, 200);
}

/** The desk over the database: the same commands that the services run. */
export function directDesk(db: Database, by: string = directName()): Desk {
  return {
    pause: async (request) =>
      shown(
        await pauseWithReceipt(
          db,
          {
            scope: scopeOf(request),
            reason: request.reason,
            ttlSeconds: request.ttl_seconds ?? null,
            endsAs: request.then,
            by,
            source: 'person',
          },
          {
            stopRunning:
              request.stop_running === undefined
                ? undefined
                : { then: request.stop_running, graceSeconds: request.stop_grace_seconds },
          },
        ),
      ),
    previewPause: (request) => previewPause(db, scopeOf(request)),
    unpause: async (request) => {
      const answer = await unpauseWithAnswer(db, { target: targetOf(request), by, reason: request.reason });
      await copyPausesEverywhere(db); // no service may be running
      return answer;
    },
    triageView: (id, groups) => readTriage(db, id, groups),
    triage: ({ id: pauseId, by: groups, at, cancel = [], park = [], reason }, options) =>
      triageBacklog(db, { pauseId, by: groups, at, cancel, park, who: by, reason }, options),
    releaseBacklog: async ({ id, gap_seconds: gapSeconds, within_seconds: withinSeconds, stop, reason }) => {
      const order = { pauseId: id, by, reason };
      if (stop === true) return stopRelease(db, order);
      return releaseBacklog(db, {
        ...order,
        pace:
          gapSeconds !== undefined ? { gapSeconds } : withinSeconds !== undefined ? { withinSeconds } : { one: true },
      });
    },
    extend: async ({ id, ttl_seconds: ttlSeconds, then: endsAs, reason }) => {
      const extended = await extendPause(db, { id, ttlSeconds, endsAs, by, reason });
      await copyPausesEverywhere(db);
      return toPauseView(extended);
    },
    events: undefined,
    pauses: async (scope) =>
      listPausesWithAttached(
        db,
        (await listActivePauses(db)).filter(
          (pause) =>
            scope === undefined ||
            names(pause.scope, { kind: scope.scope_kind, value: scope.scope_value, also: scope.also ?? undefined }),
        ),
      ),
    pausePage: async (id) => {
      const page = await readPausePage(db, id);
      if (page === undefined) throw new PauseError('pause_not_found', `there is no pause ${id}`);
      return shown(page);
    },
    verify: async (query) => shown(await verifyEverything(db, query)),
    history: async ({
      scope_kind: scopeKind,
      scope_value: scopeValue,
      also,
      by: doneBy,
      action,
      since,
      until,
      limit,
    }) =>
      pageOf(
        await listHistory(db, { scopeKind, scopeValue, also, by: doneBy, action, since, until, limit: limit + 1 }),
        limit,
      ),
    notices: needsServices,
    resumeNotices: needsServices,
    check: async (labels) => {
      const task = {
        agentId: labels.agent_id,
        skill: labels.skill,
        questId: labels.quest_id,
        actorId: labels.actor_id,
      };
      const [named] = (await listActivePauses(db))
        .filter((pause) => covers(pause.scope, task))
        .toSorted(comparePrecedence);
      if (named !== undefined) return { paused: true, reason: named.reason, pause: toPauseView(named), stale: false };
      const unknown = await unknownLabels(db, task);
      return {
        paused: false,
        reason: null,
        pause: null,
        stale: false,
        ...(unknown.length === 0 ? {} : { unknown_labels: unknown }),
      };
    },
    alerts: async ({ limit, ref_id: refId, severity, unacknowledged }) =>
      pageOf((await listAlerts(db, { refId, severity, unacknowledged, limit: limit + 1 })).map(toAlertView), limit),
    ackAlert: async (id) => toAlertView(await ackAlert(db, { id, by })),
    enqueue: (tasks) => enqueueTasks(db, tasks, by),
    task: (id) => existingTask(db, id),
    tasks: async ({
      limit,
      status,
      agent_id: agentId,
      skill,
      quest_id: questId,
      actor_id: actorId,
      repo,
      parked,
      paused,
      held_by: heldBy,
      created_since: createdSince,
      created_until: createdUntil,
      running_longer_than_seconds: runningLongerThanSeconds,
    }) =>
      pageOf(
        shown(
          await listTasks(db, {
            status,
            agentId,
            skill,
            questId,
            actorId,
            repo,
            parked,
            paused,
            heldBy,
            createdSince,
            createdUntil,
            runningLongerThanSeconds,
            limit: limit + 1,
          }),
        ),
        limit,
      ),
    taskEvents: async (id, limit) => {
      await existingTask(db, id); // a task without events and no task must not look the same
      return pageOf(shown(await listTaskEvents(db, id, { limit: limit + 1 })), limit);
    },
    why: async (id) => shown(await explainTask(db, id)),
    queue: async () => shown(await readQueueView(db, LEASE_SECONDS)),
    labels: async (filter) => ({ age_ms: 0, ...(await readLabelNumbers(db, filter)) }),
    park: async ({ task_id: taskId, reason }) => shown(await parkTask(db, taskId, { name: by }, reason)),
    unpark: async ({ task_id: taskId }) => shown(await unparkTask(db, taskId, { name: by })),
    answer: (taskId, answer) => answerQuestion(db, taskId, answer, by),
    release: (taskId, reason) => resumeHeld(db, taskId, by, reason ?? null),
    actOnTasks: (what) => actOnTasks(db, actOf(what), what.request, { by, reason: what.request.reason ?? null }),
    previewAct: (what) => previewAct(db, actOf(what), what.request),
    stop: async ({ ids, filter, pause_id: pauseId, then, grace_seconds: graceSeconds, reason }) =>
      shown(
        await stopRuns(db, {
          runs: ids !== undefined ? { ids } : pauseId !== undefined ? { pauseId } : { filter: filter ?? {} },
          then,
          graceSeconds,
          by,
          reason,
        }),
      ),
    stopOrder: async (id) => {
      // With worker-claimer down nobody else would.
      await fenceStops(db);
      await settleStops(db);
      const stop = await readStop(db, id);
      if (stop === undefined)
        throw new TaskError('stop_not_found', `there is no order ${id} to stop runs, or none of the last day`);
      return shown(stop);
    },
    taskOutput: async (taskId) => {
      await existingTask(db, taskId);
      return shown(await findTaskOutput(db, taskId));
    },
    freezeRepo: ({ repo, reason, new: isNew }) => freezeRepo(db, repo, by, reason, undefined, { mustBeKnown: !isNew }),
    thawRepo: ({ repo }) => thawRepo(db, repo, by),
    limitRepo: ({ repo, max_in_progress: max }) => limitRepo(db, repo, by, max),
  };
}

function actOf(what: TaskAct): Act {
  switch (what.act) {
    case 'cancel':
      return CANCEL;
    case 'retry':
      return retryTasks(what.request.from_start);
    case 'move':
      return moveTasks(what.request.priority);
  }
}

/** Who works on the database owns no run, so a run is shown as everybody else sees it. */
function shown<T>(answer: T): T {
  return showRuns(answer, undefined);
}

/** Commands refuse `--direct` for these before anything is opened. */
function needsServices(): Promise<never> {
  return Promise.reject(wrongUsage('the targets of notices are settings of the services, so this needs them'));
}

function targetOf(request: UnpauseRequest): Scope | { id: string } {
  return 'id' in request ? { id: request.id } : scopeOf(request);
}

function pageOf<Row>(rows: Row[], limit: number): Page<Row> {
  return { rows: rows.slice(0, limit), more: rows.length > limit };
}

async function existingTask(db: Database, id: string) {
  const task = await findTask(db, id);
  if (task === undefined) throw new TaskError('task_not_found', `task ${id} not found`);
  return shown(task);
}
