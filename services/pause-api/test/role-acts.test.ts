import { ROLES, type Role } from '@orchestra/pause-core/contract';
import type { RunningService } from '@orchestra/service-shell';
import { claimTasks, enqueueTasks, failRun, askQuestion } from '@orchestra/task-queue';
import { newTask, type NewTask } from '@orchestra/task-queue/contract';
import { testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { caller, newToken, problemOf, startPauseApi, type Caller } from './started.ts';

const database = testDatabase();
let service: RunningService;
let dana: Caller;
const callers = new Map<Role, Caller>();

beforeAll(async () => {
  service = await startPauseApi(database.url);
  dana = caller(service.url, await newToken(database.pool, 'operator', 'dana'));
  for (const role of ROLES) callers.set(role, caller(service.url, await newToken(database.pool, role, `a ${role}`)));
});
afterAll(() => service.stop());

// The pause of the whole fleet would keep all that follows from beginning.
beforeEach(() =>
  database.pool.query(
    "update senate_pause set cleared_at = now(), cleared_by = 'test' where scope_kind = 'fleet' and cleared_at is null",
  ),
);

interface Call {
  path: string;
  body: object;
}

let made = 0;
const fresh = (): string => `role-${++made}`;

async function add(task: NewTask): Promise<string> {
  const [id] = await enqueueTasks(database.pool, [newTask.parse(task)], 'test');
  if (id === undefined) throw new Error('one task is added');
  return id;
}
async function begin(task: NewTask): Promise<{ id: string; run_id: string }> {
  const skill = fresh();
  await add({ ...task, skill });
  const [run] = await claimTasks(database.pool, { worker: 'w-1', skills: [skill], limit: 1 });
  if (run === undefined) throw new Error('there is nothing to claim');
  return run;
}
async function failed(): Promise<string> {
  const run = await begin({});
  await failRun(database.pool, run.id, run.run_id, { error: 'boom', retry: false });
  return run.id;
}
const paused = async (agent = fresh()): Promise<string> => (await dana.pause('agent', agent)).id;

async function held(): Promise<string> {
  const run = await begin({ repo: fresh() });
  await askQuestion(database.pool, run.id, run.run_id, 'Which branch?');
  return run.id;
}
async function alert(): Promise<string> {
  const made = await dana.post<{ id: string }>('/api/senate/alerts', { kind: 'cost', ref_id: fresh() });
  return made.body.id;
}
async function repo(): Promise<string> {
  const name = fresh();
  await add({ repo: name });
  return name;
}
async function frozen(): Promise<string> {
  const name = await repo();
  await dana.post('/api/serial-gate/freeze', { repo: name, reason: 'merge' });
  return name;
}

/** What an operator does: a call that works, and what the history then says. */
const ACTS: Readonly<Record<string, { leaves: string; make: () => Promise<Call> }>> = {
  pause: {
    leaves: 'pause.created',
    make: async () => ({
      path: '/api/senate/pause',
      body: { scope_kind: 'agent', scope_value: fresh(), reason: 'loops' },
    }),
  },
  'pause the fleet': {
    leaves: 'pause.created',
    make: async () => ({ path: '/api/senate/pause', body: { scope_kind: 'fleet', scope_value: '*', reason: 'all' } }),
  },
  'pause and stop what runs': {
    leaves: 'pause.created',
    make: async () => {
      const agent_id = fresh();
      await begin({ agent_id });
      return {
        path: '/api/senate/pause',
        body: { scope_kind: 'agent', scope_value: agent_id, reason: 'burns money', stop_running: 'requeue' },
      };
    },
  },
  unpause: {
    leaves: 'pause.cleared',
    make: async () => ({ path: '/api/senate/unpause', body: { id: await paused() } }),
  },
  extend: {
    leaves: 'pause.changed',
    make: async () => ({ path: '/api/senate/extend', body: { id: await paused(), ttl_seconds: 600 } }),
  },
  release: {
    leaves: 'pause.released',
    make: async () => {
      const agent_id = fresh();
      await add({ agent_id });
      return { path: '/api/senate/release', body: { id: await paused(agent_id), gap_seconds: 60 } };
    },
  },
  triage: {
    leaves: 'task.cancelled',
    make: async () => {
      const [agent_id, quest_id] = [fresh(), fresh()];
      await add({ agent_id, quest_id });
      const id = await paused(agent_id);
      const view = await dana.get<{ at: string; groups: { key: string }[] }>(
        `/api/senate/pauses/${id}/triage?by=quest`,
      );
      return {
        path: '/api/senate/triage',
        body: { id, by: 'quest', at: view.body.at, cancel: view.body.groups.map(({ key }) => key) },
      };
    },
  },
  'acknowledge an alert': {
    leaves: 'alert.acknowledged',
    make: async () => ({ path: `/api/senate/alerts/${await alert()}/ack`, body: {} }),
  },
  'cancel a task': {
    leaves: 'task.cancelled',
    make: async () => ({ path: '/api/tasks/cancel', body: { ids: [await add({})], reason: 'wrong brief' } }),
  },
  'retry a task': {
    leaves: 'task.requeued',
    make: async () => ({ path: '/api/tasks/retry', body: { ids: [await failed()] } }),
  },
  'move a task': {
    leaves: 'task.moved',
    make: async () => ({ path: '/api/tasks/move', body: { ids: [await add({})], priority: -5 } }),
  },
  'stop a run': {
    leaves: 'task.stopped',
    make: async () => ({ path: '/api/tasks/stop', body: { ids: [(await begin({})).id], reason: 'burns money' } }),
  },
  'answer a question': {
    leaves: 'answered',
    make: async () => ({ path: `/api/tasks/${await held()}/answer`, body: { answer: 'main' } }),
  },
  'park a task': {
    leaves: 'parked',
    make: async () => ({
      path: '/api/serial-gate/pause',
      body: { task_id: await add({ repo: fresh() }), reason: 'wait' },
    }),
  },
  'unpark a task': {
    leaves: 'unparked',
    make: async () => {
      const task_id = await add({ repo: fresh() });
      await dana.post('/api/serial-gate/pause', { task_id, reason: 'wait' });
      return { path: '/api/serial-gate/resume', body: { task_id } };
    },
  },
  'freeze a repo': {
    leaves: 'repo.frozen',
    make: async () => ({ path: '/api/serial-gate/freeze', body: { repo: await repo(), reason: 'merge' } }),
  },
  'thaw a repo': {
    leaves: 'repo.thawed',
    make: async () => ({ path: '/api/serial-gate/thaw', body: { repo: await frozen() } }),
  },
  'limit a repo': {
    leaves: 'repo.limited',
    make: async () => ({ path: '/api/serial-gate/limit', body: { repo: await repo(), max_in_progress: 3 } }),
  },
};
const MAY: readonly Role[] = ['operator', 'admin'];

/** All that a refused call might have changed. That a pause is quiet is noted by the service itself, at any time. */
async function fingerprint(): Promise<unknown> {
  const { rows } = await database.pool.query(`
    select (select md5(string_agg(t::text, ',' order by t.id)) from tasks t) as tasks,
           (select md5(string_agg(to_jsonb(p)::text, ',' order by p.id))
              from (select q.*, null as quiet_at, null as quiet from senate_pause q) p) as pauses,
           (select md5(string_agg(g::text, ',' order by g.repo)) from repo_gates g) as gates,
           (select md5(string_agg(a::text, ',' order by a.id)) from senate_alerts a) as alerts,
           (select count(*) from run_stops) as stops,
           (select count(*) from senate_releases) as releases`);
  return rows;
}

/** What the history has by somebody, of pauses, alerts and repos as of tasks. */
async function left(by: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ what: string }>(
    `select a.action as what from senate_audit a where a.by = $1
     union all
     select e.kind from task_events e where e.by = $1`,
    [by],
  );
  return rows.map(({ what }) => what);
}

test.each(Object.entries(ACTS))(
  '%s: those who may do it do, the others change nothing',
  async (_, { leaves, make }) => {
    for (const role of ROLES) {
      const { path, body } = await make();
      const before = await fingerprint();
      const earlier = await left(`a ${role}`);
      const answer = await callers.get(role)?.post(path, body);
      if (answer === undefined) throw new Error('each role has a caller');
      if (MAY.includes(role)) {
        expect([role, answer.status, answer.body]).toEqual([role, 200, expect.anything()]);
        expect((await left(`a ${role}`)).filter((what) => what === leaves).length).toBeGreaterThan(
          earlier.filter((what) => what === leaves).length,
        );
      } else {
        expect([role, problemOf(answer).code]).toEqual([role, 'forbidden']);
        expect(await fingerprint()).toEqual(before);
        expect(await left(`a ${role}`)).toEqual(earlier);
      }
    }
  },
);
