import type { Database } from '@orchestra/database';
import { pauseScope, unpauseScope } from '@orchestra/pause-core';
import { claimTasks, completeRun, enqueueTasks, findTask, parkTask, TaskError } from '@orchestra/task-queue';
import { newTask } from '@orchestra/task-queue/contract';
import { CANARY_REASON, CANARY_TASK, CANARY_TTL_SECONDS, CANARY_WORKER, type CanaryWay } from './canary.ts';
import { within } from './canary-by-api.ts';

const BELL = 'orchestra';

/** The proof over the database: the bell is heard on a connection of its own, as the services hear it. */
export function canaryDirect(db: Database, by: string): CanaryWay {
  return {
    pause: async (agent) => {
      const { pause, settled } = await pauseScope(db, {
        scope: { kind: 'agent', value: agent },
        reason: CANARY_REASON,
        ttlSeconds: CANARY_TTL_SECONDS,
        by,
        source: 'person',
      });
      return { id: pause.id, settled };
    },
    add: async (agent) => {
      const [id] = await enqueueTasks(db, [newTask.parse({ ...CANARY_TASK, agent_id: agent })], by);
      if (id === undefined) throw new Error('the task was added and has no id');
      return id;
    },
    claim: async (agent) => (await claimTasks(db, { worker: CANARY_WORKER, agents: [agent], limit: 1 }))[0],
    clear: async (id) => {
      await unpauseScope(db, { target: { id }, by, reason: CANARY_REASON });
    },
    complete: async (id, runId) => {
      await completeRun(db, id, runId, undefined);
    },
    look: async (id) => {
      const task = await findTask(db, id);
      if (task === undefined) throw new TaskError('task_not_found', `task ${id} not found`);
      return task;
    },
    park: async (id) => {
      await parkTask(db, id, { name: by }, 'left behind by orchestra doctor');
    },
    listen: async (_agent, signal) => {
      const session = await db.connect();
      const heard = Promise.withResolvers<number>();
      session.on('notification', ({ channel }) => {
        if (channel === BELL) heard.resolve(performance.now());
      });
      // The connection does not go back to the pool: it listens.
      const leave = (): void => session.release(true);
      signal.addEventListener('abort', leave, { once: true });
      // Told to stop while it connected: that is told no second time, and a pool waits for ever for a connection that
      // is out.
      if (signal.aborted) leave();
      signal.throwIfAborted();
      await session.query(`listen ${BELL}`);
      const from = performance.now();
      return () => within(heard.promise, from);
    },
  };
}
