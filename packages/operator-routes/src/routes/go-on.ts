import type { Database } from '@orchestra/database';
import { IDEMPOTENCY_CODES } from '@orchestra/pause-core';
import { id } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import { answerQuestion, resumeHeld } from '@orchestra/task-queue';
import { answerTaskRequest, resumeHeldRequest, taskView } from '@orchestra/task-queue/contract';
import { z } from 'zod';

const params = z.strictObject({ id });

/** A person lets a task go on that waits for one. */
export function goOnRoutes({
  db,
  onOpened,
}: {
  db: Database;
  /** A task went back to the queue. */
  onOpened: () => void;
}): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/tasks/:id/answer',
      permission: 'pause',
      refuses: ['task_not_found', 'no_open_question', ...IDEMPOTENCY_CODES],
      summary: 'answer what a task has asked',
      description:
        'It goes on in its old place. One that an operator parked stays parked, and one that a pause covers ' +
        'stays covered. Without an open question: `no_open_question`.',
      params,
      body: answerTaskRequest,
      answer: taskView,
      handle: async ({ params: { id: taskId }, body, caller, idempotency }) => {
        const task = await answerQuestion(db, taskId, body.answer, caller.name, idempotency);
        onOpened();
        return task;
      },
    }),
    route({
      method: 'post',
      path: '/api/tasks/:id/resume-held',
      permission: 'pause',
      refuses: ['task_not_found', 'task_not_held', ...IDEMPOTENCY_CODES],
      summary: 'let a held task go on, after the repair',
      description:
        'It goes back to its old place and stage, with no attempt used; its tries after disturbances are ' +
        'counted anew. One that is parked stays parked, and one that a pause covers ' +
        'stays covered. A task that is not held, or that waits for an answer: `task_not_held`. At the ' +
        'command line: `orchestra task release`.',
      params,
      body: resumeHeldRequest,
      answer: taskView,
      handle: async ({ params: { id: taskId }, body, caller, idempotency }) => {
        const task = await resumeHeld(db, taskId, caller.name, body.reason ?? null, idempotency);
        onOpened();
        return task;
      },
    }),
  ];
}
