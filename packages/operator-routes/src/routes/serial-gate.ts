import type { Database } from '@orchestra/database';
import { route, type Route } from '@orchestra/service-shell';
import {
  freezeRepo,
  limitRepo,
  parkTask,
  readSerialGate,
  thawRepo,
  unparkTask,
  type GatedRepos,
} from '@orchestra/task-queue';
import {
  freezeRepoRequest,
  limitRepoRequest,
  parkTaskRequest,
  repoGateView,
  serialGateQuery,
  serialGateView,
  taskView,
  thawRepoRequest,
  unparkTaskRequest,
} from '@orchestra/task-queue/contract';

const REPEATABLE = 'Repeating the call does no harm; an `Idempotency-Key` is accepted and not needed.';

/** What an operator may do about the serial gate. */
export function serialGateRoutes({
  db,
  gatedRepos,
  onOpened,
}: {
  db: Database;
  gatedRepos: GatedRepos;
  /** Some task may start that could not before. */
  onOpened: () => void;
}): Route[] {
  const opened = <T>(answer: T): T => {
    onOpened();
    return answer;
  };
  return [
    route({
      method: 'get',
      path: '/api/serial-gate',
      permission: 'read',
      summary: 'the serial gates of repos: who is in progress, who is first in line, and what holds it',
      description:
        'Up to 200 repos for which there is something to tell, by name. `more`: there are more; `contains` ' +
        'narrows them.',
      query: serialGateQuery,
      answer: serialGateView,
      handle: ({ query }) => readSerialGate(db, gatedRepos, query),
    }),
    route({
      method: 'post',
      path: '/api/serial-gate/pause',
      permission: 'pause',
      refuses: ['task_not_found', 'task_has_ended'],
      summary: 'park a task, so that its repo goes on without it',
      description:
        'No claim takes it, its place is kept, and no attempt is used up. A run under way goes on; ' +
        'should its task come back to the queue, it is parked there. The first reason stays. ' +
        `${REPEATABLE}`,
      body: parkTaskRequest,
      answer: taskView,
      handle: async ({ body, caller }) => opened(await parkTask(db, body.task_id, { name: caller.name }, body.reason)),
    }),
    route({
      method: 'post',
      path: '/api/serial-gate/resume',
      permission: 'pause',
      refuses: ['task_not_found', 'task_has_ended'],
      summary: 'bring a parked task back to its old place',
      description: `A question that it has asked stays open. ${REPEATABLE}`,
      body: unparkTaskRequest,
      answer: taskView,
      handle: async ({ body, caller }) => opened(await unparkTask(db, body.task_id, { name: caller.name })),
    }),
    route({
      method: 'post',
      path: '/api/serial-gate/freeze',
      permission: 'pause',
      summary: 'close the gate of a repo',
      description:
        'None of its tasks starts once this has answered; what is running goes on. The first reason ' +
        'stays. A repo that no task has named, and nobody frozen or limited, is refused with ' +
        `\`repo_not_found\` unless \`new\` is true. ${REPEATABLE}`,
      refuses: ['repo_not_found'],
      body: freezeRepoRequest,
      answer: repoGateView,
      handle: ({ body, caller }) =>
        freezeRepo(db, body.repo, caller.name, body.reason, gatedRepos, { mustBeKnown: !body.new }),
    }),
    route({
      method: 'post',
      path: '/api/serial-gate/thaw',
      permission: 'pause',
      refuses: ['repo_not_found'],
      summary: 'open a frozen gate',
      description: REPEATABLE,
      body: thawRepoRequest,
      answer: repoGateView,
      handle: async ({ body, caller }) => opened(await thawRepo(db, body.repo, caller.name, gatedRepos)),
    }),
    route({
      method: 'post',
      path: '/api/serial-gate/limit',
      permission: 'pause',
      summary: 'say how many tasks of a repo may be in progress at a time',
      description: `One, unless set. None is stopped where more are at work already. ${REPEATABLE}`,
      body: limitRepoRequest,
      answer: repoGateView,
      handle: async ({ body, caller }) =>
        opened(await limitRepo(db, body.repo, caller.name, body.max_in_progress, gatedRepos)),
    }),
  ];
}
