import { createToken, pauseScope, revokeToken, unpauseScope, type Scope } from '@orchestra/pause-core';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import type { ClaimAnswer, ClaimRequest } from '@orchestra/task-queue/contract';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serve, type Served } from './serving.ts';

const db = testDatabase();
let service: Served;
const NEVER_MS = 600_000;

beforeAll(async () => {
  // No look by the clock: what wakes a claim here is the event that the test is about.
  service = await serve(db, { lookEveryMs: NEVER_MS });
});
afterAll(() => service.stop());
afterEach(async () => {
  await until('nobody waits any more', async () => (await service.metric('orchestra_claim_waiters')) === 0);
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

/** A claim that has begun to wait. */
async function waiting(
  request: Partial<ClaimRequest> = {},
  options: { service?: Served; signal?: AbortSignal } = {},
): Promise<{ tasks: Promise<ClaimAnswer['tasks']> }> {
  const at = options.service ?? service;
  const before = await at.metric('orchestra_claim_waiters');
  const tasks = at.claim(
    { wait_seconds: 30, ...request },
    options.signal === undefined ? {} : { signal: options.signal },
  );
  let refused: unknown;
  tasks.catch((error: unknown) => {
    refused = error;
  }); // the test awaits it, or has broken it off
  await until('one more waits', async () => {
    if (refused !== undefined) throw new Error('the claim was refused instead of waiting', { cause: refused });
    return (await at.metric('orchestra_claim_waiters')) > before;
  });
  return { tasks };
}
const pause = (scope: Scope, ttlSeconds: number | null = null) =>
  pauseScope(db.pool, { scope, reason: 'test', ttlSeconds, by: 'dana', source: 'person' });
const skeptic: Scope = { kind: 'agent', value: 'skeptic' };

describe('a claim that waits is woken', () => {
  test('by a task that is added', async () => {
    const { tasks } = await waiting();
    const ids = await service.add({ skill: 'lint' });
    expect(await tasks).toMatchObject([{ id: ids[0], skill: 'lint' }]);
  });

  test('P9 by an unpause', async () => {
    const [id] = await service.add({ agent_id: 'skeptic' });
    await pause(skeptic);
    const { tasks } = await waiting();
    await unpauseScope(db.pool, { target: skeptic, by: 'dana' });
    expect(await tasks).toMatchObject([{ id }]);
  });

  test('P3 by a pause that is cleared in psql', async () => {
    const [id] = await service.add({ agent_id: 'skeptic' });
    await db.pool.query("insert into senate_pause (scope_kind, scope_value) values ('agent', 'skeptic')");
    const { tasks } = await waiting();
    await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'psql' where cleared_at is null");
    expect(await tasks).toMatchObject([{ id }]);
  });

  test('P8 by the end of a pause', async () => {
    const [id] = await service.add({ agent_id: 'skeptic' });
    await pause(skeptic, 1);
    const { tasks } = await waiting();
    expect(await tasks).toMatchObject([{ id }]);
    const { rows } = await db.pool.query(
      `select now() >= paused_at + make_interval(secs => ttl_seconds) as ended
         from senate_pause
        order by id desc
        limit 1`,
    );
    expect(rows).toEqual([{ ended: true }]);
  });

  test('by a run that is handed back', async () => {
    const [id] = await service.add({});
    const [run] = await service.claim();
    const { tasks } = await waiting();
    if (run !== undefined) await service.release(run);
    expect(await tasks).toMatchObject([{ id, attempt: 1 }]);
  });

  test('by a retry that comes due', async () => {
    const [id] = await service.add({});
    const [run] = await service.claim();
    const { tasks } = await waiting();
    await service.post(`/api/tasks/${id}/fail`, { run_id: run?.run_id, error: 'boom' });
    expect(await tasks).toMatchObject([{ id, attempt: 2 }]);
  });

  test('by the reaper', async () => {
    const reaping = await serve(db, { lookEveryMs: NEVER_MS, reapEveryMs: 50, leaseSeconds: 4 });
    try {
      const [id] = await reaping.add({});
      const [run] = await reaping.claim({ worker: 'w-lost' });
      const { tasks } = await waiting({ worker: 'w-2' }, { service: reaping });
      await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '61 seconds'");
      expect(await tasks).toMatchObject([{ id, attempt: 1 }]);
      expect(await reaping.metric('orchestra_runs_reaped_total')).toBe(1);
      expect(run?.id).toBe(id);
    } finally {
      await reaping.stop();
    }
  });

  test('by the clock, for what came by another door', async () => {
    const looking = await serve(db, { lookEveryMs: 50 });
    try {
      const { tasks } = await waiting({}, { service: looking });
      const [id] = await service.add({ skill: 'from another instance' });
      expect(await tasks).toMatchObject([{ id }]);
    } finally {
      await looking.stop();
    }
  });
});

describe('whom it wakes', () => {
  test('only a claim that asked for such a task; the others stay as they are', async () => {
    const lint = await waiting({ skills: ['lint'] });
    const debate = await waiting({ skills: ['debate'], agents: ['skeptic'] });
    const claimsBefore = await service.metric('orchestra_claims_total');
    const [id] = await service.add({ skill: 'debate', agent_id: 'skeptic' });
    expect(await debate.tasks).toMatchObject([{ id }]);
    expect(await service.metric('orchestra_claims_total')).toBe(claimsBefore + 1);
    await service.add({ skill: 'lint' });
    expect(await lint.tasks).toHaveLength(1);
  });

  test('first come, first served; one task is one claim found and at most one in vain, however many wait', async () => {
    const first = await waiting({ worker: 'w-1' });
    const others = [];
    for (let count = 2; count <= 8; count++) others.push(await waiting({ worker: `w-${count}` }));
    const before = await service.metric('orchestra_claims_total');
    await service.add({});
    expect(await first.tasks).toHaveLength(1);
    expect(await service.metric('orchestra_claims_total')).toBeLessThanOrEqual(before + 2);
    await service.add(...others.map(() => ({})));
    // limit 10: the next in line takes them all, the last ones go on waiting until there are more
    expect(await others[0]?.tasks).toHaveLength(7);
    for (const other of others.slice(1)) {
      await service.add({});
      await other.tasks;
    }
  });

  test('24 idle workers cause one look a tick between them, and no claim', async () => {
    const looking = await serve(db, { lookEveryMs: 20 });
    try {
      // One after the other: this is about what they cost while they wait, not about how many a fresh service can take
      // in at a time.
      const workers: Awaited<ReturnType<typeof waiting>>[] = [];
      for (let index = 0; index < 24; index++)
        workers.push(await waiting({ worker: `w-${index}`, agents: [`a-${index % 5}`] }, { service: looking }));
      await until('all of them wait', async () => (await looking.metric('orchestra_claim_waiters')) === 24);
      const claims = await looking.metric('orchestra_claims_total');
      const looks = await looking.metric('orchestra_claim_looks_total');
      await until('twenty more looks', async () => (await looking.metric('orchestra_claim_looks_total')) > looks + 20);
      expect(await looking.metric('orchestra_claims_total')).toBe(claims);
      await looking.stop();
      expect((await Promise.all(workers.map((worker) => worker.tasks))).flat()).toEqual([]);
    } finally {
      await looking.stop();
    }
  });

  test('P1 a paused task that is added wakes nobody for good: it is put off once, and the claim goes on waiting', async () => {
    await pause(skeptic);
    const { tasks } = await waiting();
    const [held = ''] = await service.add({ agent_id: 'skeptic' });
    await until('it is put off', async () => (await service.eventKinds(held)).includes('deferred'));
    const [free] = await service.add({ agent_id: 'scribe' });
    expect(await tasks).toMatchObject([{ id: free }]);
    expect(await service.eventKinds(held)).toEqual(['queued', 'deferred']);
  });
});

describe('the end of waiting', () => {
  test('a claim with nothing to take answers an empty list when its time is up', async () => {
    expect(await service.claim({ wait_seconds: 0.05 })).toEqual([]);
  });

  test('a claim that waits when the service stops is answered with an empty list, and so is one that comes then', async () => {
    const stopping = await serve(db, { lookEveryMs: NEVER_MS });
    const { tasks } = await waiting({}, { service: stopping });
    await stopping.stop();
    expect(await tasks).toEqual([]);
  });

  test('one too many is turned away with a time to come back, while a claim that does not wait is served', async () => {
    const small = await serve(db, { lookEveryMs: NEVER_MS, waitersMax: 2 });
    try {
      const all = [await waiting({}, { service: small }), await waiting({}, { service: small })];
      const refused = await small.post('/api/tasks/claim', { worker: 'w-3', wait_seconds: 30 });
      expect(refused).toMatchObject({ status: 503, body: { code: 'too_many_waiters' } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await small.claim({ wait_seconds: 0 })).toEqual([]);
      await small.stop();
      expect((await Promise.all(all.map((one) => one.tasks))).flat()).toEqual([]);
    } finally {
      await small.stop();
    }
  });
});

describe('a caller that goes away', () => {
  /** Claims wait inside the database until this is let go. */
  async function holdClaims(): Promise<() => Promise<void>> {
    const holder = await db.pool.connect();
    await holder.query('begin');
    await holder.query('lock table claim_marker in access exclusive mode');
    return async () => {
      await holder.query('rollback');
      holder.release();
    };
  }
  const claimsWaiting = async (): Promise<number> =>
    (
      await db.pool.query<{ count: number }>(
        "select count(*)::int as count from pg_locks where not granted and relation = 'claim_marker'::regclass",
      )
    ).rows[0]?.count ?? 0;
  const answered = () => service.metric('orchestra_http_request_duration_seconds_count', 'route="/api/tasks/claim"');

  test('P10 while it waits: it waits no more, and nothing is claimed for it', async () => {
    const leaving = new AbortController();
    const { tasks } = await waiting({}, { signal: leaving.signal });
    leaving.abort();
    await expect(tasks).rejects.toThrow(/abort/i);
    await until('it has left', async () => (await service.metric('orchestra_claim_waiters')) === 0);
    const [id = ''] = await service.add({});
    expect(await service.task(id)).toMatchObject({ status: 'queued', attempt: 0 });
    expect(await service.eventKinds(id)).toEqual(['queued']);
  });

  test('P10 while its claim is under way: the tasks go back at once, to their places and without an attempt', async () => {
    const ids = await service.add({}, {});
    const letGo = await holdClaims();
    const leaving = new AbortController();
    const seen = await answered();
    const claim = service.claim({}, { signal: leaving.signal });
    await until('the claim is under way', async () => (await claimsWaiting()) === 1);
    leaving.abort();
    await expect(claim).rejects.toThrow(/abort/i);
    await until('the service knows', async () => (await answered()) > seen);
    await letGo();
    await until('both are back', async () => (await service.eventKinds(ids[1] ?? '')).includes('released'));
    expect(await service.eventKinds(ids[0] ?? '')).toEqual(['queued', 'claimed', 'released']);
    expect(await service.task(ids[0] ?? '')).toMatchObject({ status: 'queued', attempt: 0 });
    const { rows } = await db.pool.query(
      "select distinct data ->> 'cause' as cause from task_events where kind = 'released'",
    );
    expect(rows).toEqual([{ cause: 'shutdown' }]);
    expect((await service.claim()).map((task) => task.id)).toEqual(ids);
  });

  test('P10 with an Idempotency-Key: the same tasks are there when it asks again', async () => {
    const [id] = await service.add({}, {});
    const letGo = await holdClaims();
    const leaving = new AbortController();
    const seen = await answered();
    const claim = service.claim({ limit: 1 }, { signal: leaving.signal, key: 'again' });
    await until('the claim is under way', async () => (await claimsWaiting()) === 1);
    leaving.abort();
    await expect(claim).rejects.toThrow(/abort/i);
    await until('the service knows', async () => (await answered()) > seen);
    await letGo();
    const first = await service.claim({ limit: 1 }, { key: 'again' });
    expect(first).toMatchObject([{ id, attempt: 1 }]);
    expect(await service.claim({ limit: 1 }, { key: 'again' })).toEqual(first);
  });
});

test('P13 a claim that waits when the database goes is told so, and not that there is nothing; afterwards all is well', async () => {
  const proxy = await FaultProxy.before(db.url);
  const through = await serve({ url: proxy.url, pool: db.pool }, { lookEveryMs: 50 });
  try {
    const before = await through.metric('orchestra_claim_waiters');
    const claim = through.post('/api/tasks/claim', { worker: 'w-1', wait_seconds: 30 });
    await until('it waits', async () => (await through.metric('orchestra_claim_waiters')) > before);
    proxy.refuse();
    const refused = await claim;
    expect(refused).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    expect(refused.headers.get('retry-after')).not.toBeNull();
    const [id] = await service.add({});
    expect(await through.post('/api/tasks/claim', { worker: 'w-1', wait_seconds: 30 })).toMatchObject({ status: 503 });
    expect(await service.eventKinds(id ?? '')).toEqual(['queued']);
    proxy.pass();
    const found = await until('it claims again', async () => {
      const answer = await through.post<ClaimAnswer>('/api/tasks/claim', { worker: 'w-1', wait_seconds: 5 });
      return answer.status === 200 ? answer.body.tasks : undefined;
    });
    expect(found).toMatchObject([{ id }]);
  } finally {
    await through.stop();
    await proxy.close();
  }
});

test('a claim that waits is refused when its token is revoked, and takes nothing that comes later', async () => {
  const token = await createToken(db.pool, { name: 'leaver', role: 'worker', by: 'test' });
  const { tasks } = await waiting();
  const before = await service.metric('orchestra_claim_waiters');
  const refused = fetch(`${service.url}/api/tasks/claim`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ worker: 'leaver', agents: ['lost'], wait_seconds: 60 }),
  });
  await until('it waits too', async () => (await service.metric('orchestra_claim_waiters')) > before);
  await revokeToken(db.pool, { name: 'leaver', by: 'test' });
  expect(
    await refused.then(async (answer) => [answer.status, ((await answer.json()) as { code: string }).code]),
  ).toEqual([401, 'unauthenticated']);
  await service.add({ agent_id: 'lost' });
  expect(await tasks).toMatchObject([{ agent_id: 'lost' }]);
});
