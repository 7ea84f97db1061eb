import { ApiError, ConnectionError, createClient, type ClientSettings } from '@orchestra-brake/client';
import type { ScopeLabels } from '@orchestra/pause-core/contract';
import { CommandFailure } from '../failure.ts';
import { NO_TOKEN } from '../profile/settings.ts';
import { visibleLines } from '../show/visible-text.ts';
import { awaitAnswer } from './await-answer.ts';
import type { Desk } from './desk.ts';

/** Further labels as a query string names them. */
function alsoText(also: ScopeLabels | null | undefined): string | undefined {
  return also === null || also === undefined ? undefined : JSON.stringify(also);
}

/** The desk over the services. */
export function apiDesk(settings: ClientSettings): Desk {
  const client = createClient({
    ...settings,
    watch: (call) =>
      awaitAnswer(call, (line) => {
        process.stderr.write(`${visibleLines(line)}\n`);
      }),
  });
  return {
    pause: (request) => client.pause(request),
    previewPause: (request, signal) =>
      client.pausePreview(request, { signal, ...(signal !== undefined && { triesMax: 1 }) }),
    unpause: (request) => client.unpause(request),
    extend: (request) => client.extend(request),
    triageView: (id, by) => client.triageView(id, by),
    triage: (request, options) => client.triage(request, options),
    releaseBacklog: async (request) => (await client.releaseBacklog(request)).release,
    events: (options) => client.events(options),
    pauses: (scope) => client.allPauses(scope === undefined ? undefined : { ...scope, also: alsoText(scope.also) }),
    pausePage: (id) => client.pausePage(id),
    verify: (query) => client.verify(query),
    history: async (filter) => {
      const answer = await client.history({ ...filter, also: alsoText(filter.also) });
      return { rows: answer.entries, more: answer.next_cursor !== null };
    },
    notices: async () => (await client.notices()).targets,
    resumeNotices: (target) => client.resumeNotices(target),
    check: (labels) => client.check(labels),
    alerts: async (filter) => {
      const answer = await client.alerts(filter);
      return { rows: answer.alerts, more: answer.next_cursor !== null };
    },
    ackAlert: (id) => client.ackAlert(id),
    enqueue: async (tasks) => (await client.enqueue({ tasks })).ids,
    task: (id) => client.task(id),
    tasks: async (filter) => {
      const answer = await client.tasks(filter);
      return { rows: answer.tasks, more: answer.next_cursor !== null };
    },
    taskEvents: async (id, limit) => {
      const answer = await client.taskEvents(id, { limit });
      return { rows: answer.events, more: answer.next_cursor !== null };
    },
    why: (id) => client.why(id),
    queue: () => client.queue(),
    labels: (filter) => client.queueLabels(filter),
    park: (request) => client.park(request),
    unpark: (request) => client.unpark(request),
    answer: (taskId, answer) => client.answerTask(taskId, { answer }),
    release: (taskId, reason) => client.resumeHeld(taskId, { reason }),
    actOnTasks: ({ act, request }) =>
      act === 'cancel'
        ? client.cancelTasks(request)
        : act === 'retry'
          ? client.retryTasks(request)
          : client.moveTasks(request),
    previewAct: ({ act, request }) =>
      act === 'cancel'
        ? client.cancelTasksPreview(request)
        : act === 'retry'
          ? client.retryTasksPreview(request)
          : client.moveTasksPreview(request),
    stop: (request) => client.stopTasks(request),
    stopOrder: (id) => client.stopOrder(id),
    taskOutput: (taskId) => client.taskOutput(taskId),
    freezeRepo: (request) => client.freezeRepo(request),
    thawRepo: (request) => client.thawRepo(request),
    limitRepo: (request) => client.limitRepo(request),
  };
}

/** The services' errors with the next step of someone at a terminal. */
export function explainApiError(error: unknown, settings: ClientSettings): unknown {
  if (error instanceof ConnectionError && error.failure === 'unreachable') {
    return new CommandFailure(
      'unreachable',
      `the API does not answer at ${error.url}; is it running (\`orchestra up\`)? With the database ` +
        'reachable, add --direct',
      { cause: error },
    );
  }
  if (error instanceof ConnectionError) return new CommandFailure(error.failure, error.message, { cause: error });
  if (error instanceof ApiError && error.code === 'unauthenticated') {
    const token =
      settings.token === undefined
        ? NO_TOKEN
        : 'the token is not, or no longer, known to this API: check ORCHESTRA_TOKEN, or start `orchestra up` again';
    return new CommandFailure(error.code, token, { cause: error });
  }
  if (error instanceof ApiError) return new CommandFailure(error.code, error.message, { cause: error });
  return error;
}
