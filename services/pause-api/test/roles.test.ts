import type { RunningService } from '@orchestra/service-shell';
import { mayDo, PERMISSIONS, ROLES, type Permission, type Role } from '@orchestra/pause-core/contract';
import { testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRoutes } from '../src/routes/index.ts';
import { caller, newToken, problemOf, startPauseApi } from './started.ts';

const database = testDatabase();
let service: RunningService;

beforeAll(async () => {
  service = await startPauseApi(database.url);
});
afterAll(() => service.stop());

// The table of design §6, written down once more: a new route needs a row here.
const NEEDS: Record<string, Permission> = {
  'post /api/senate/pause': 'pause',
  'post /api/senate/unpause': 'pause',
  'post /api/senate/extend': 'pause',
  'post /api/senate/release': 'pause',
  'get /api/senate/pauses': 'read',
  'get /api/senate/pauses/:id': 'read',
  'get /api/senate/pauses/active': 'ask',
  'get /api/senate/pauses/:id/triage': 'read',
  'post /api/senate/triage': 'pause',
  'get /api/senate/verify': 'read',
  'get /api/senate/history': 'read',
  'get /api/senate/pauses/check': 'ask',
  'get /api/senate/events': 'ask',
  'post /api/senate/alerts': 'post_alerts',
  'post /api/senate/alerts/alertmanager': 'post_alerts',
  'get /api/senate/alerts': 'read',
  'post /api/senate/alerts/:id/ack': 'pause',
  'get /api/senate/notices': 'pause',
  'post /api/senate/notices/resume': 'pause',
  'post /api/turn-gates/ask': 'ask',
  'post /api/turn-gates/report': 'ask',
  'get /api/turn-gates': 'read',
  'post /api/hooks/claude-code': 'ask',
  'get /api/tasks': 'read',
  'get /api/tasks/:id': 'read',
  'get /api/tasks/:id/events': 'read',
  'get /api/tasks/:id/output': 'read',
  'get /api/tasks/:id/why': 'read',
  'get /api/queue': 'read',
  'get /api/queue/labels': 'read',
  'get /api/queue/rates': 'read',
  'get /api/queue/label': 'read',
  'get /api/queue/workers': 'read',
  'get /api/search': 'read',
  'get /api/serial-gate': 'read',
  'post /api/tasks/:id/answer': 'pause',
  'post /api/tasks/:id/resume-held': 'pause',
  'post /api/tasks/cancel': 'pause',
  'post /api/tasks/retry': 'pause',
  'post /api/tasks/move': 'pause',
  'post /api/tasks/stop': 'pause',
  'get /api/stops/:id': 'read',
  'post /api/serial-gate/pause': 'pause',
  'post /api/serial-gate/resume': 'pause',
  'post /api/serial-gate/freeze': 'pause',
  'post /api/serial-gate/thaw': 'pause',
  'post /api/serial-gate/limit': 'pause',
};
const MAY: Record<Permission, readonly Role[]> = {
  ask: ['viewer', 'worker', 'operator', 'admin', 'agent'],
  read: ['viewer', 'worker', 'operator', 'admin'],
  run_tasks: ['worker', 'admin'],
  add_tasks: ['worker', 'operator', 'admin'],
  post_alerts: ['source', 'operator', 'admin'],
  pause: ['operator', 'admin'],
  manage_tokens: ['admin'],
};

// The route table alone; nothing is called.
const nothing = {} as never;
const routes = makeRoutes({
  brake: nothing,
  db: nothing,
  replica: nothing,
  streams: nothing,
  gateReports: nothing,
  metrics: nothing,
  settleTimeoutMs: undefined,
});

test('the permissions of the roles are those of the design', () => {
  for (const permission of PERMISSIONS)
    expect([permission, ...ROLES.filter((role) => mayDo(permission, role))]).toEqual([permission, ...MAY[permission]]);
});

test('every route asks for a token and lets in exactly the roles that the design gives it', async () => {
  expect(routes.map((route) => `${route.method} ${route.path}`).toSorted()).toEqual(Object.keys(NEEDS).toSorted());
  for (const route of routes) {
    const needs = NEEDS[`${route.method} ${route.path}`];
    if (needs === undefined) throw new Error('covered by the line above');
    const path = route.path.replace(':id', '1');
    const init = { method: route.method.toUpperCase() };
    expect([route.path, (await fetch(service.url + path, init)).status]).toEqual([route.path, 401]);
    for (const role of ROLES) {
      const gone = new AbortController();
      const answer = await fetch(service.url + path, {
        ...init,
        headers: { authorization: `Bearer ${await newToken(database.pool, role)}` },
        signal: gone.signal,
      });
      expect([route.path, role, answer.status === 403]).toEqual([route.path, role, !MAY[needs].includes(role)]);
      gone.abort(); // the stream would go on
    }
  }
});

test('a worker token that tries to unpause gets 403, and nothing is cleared', async () => {
  const operator = caller(service.url, await newToken(database.pool, 'operator'));
  const { id } = await operator.pause('agent', 'skeptic');
  const worker = caller(service.url, await newToken(database.pool, 'worker'));
  expect(
    problemOf(await worker.post('/api/senate/unpause', { scope_kind: 'agent', scope_value: 'skeptic' })),
  ).toMatchObject({ status: 403, code: 'forbidden' });
  expect(problemOf(await worker.post('/api/senate/unpause', { id })).code).toBe('forbidden');
  expect((await database.pool.query('select 1 from active_pauses where id = $1', [id])).rowCount).toBe(1);
});
