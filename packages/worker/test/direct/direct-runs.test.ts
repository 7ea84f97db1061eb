// Whose runs are whose, what becomes of lost ones, and fleets of both kinds of workers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createClient } from '@orchestra-brake/client';
import { startService as startPauseApi } from '@orchestra/pause-api';
import { createToken } from '@orchestra/pause-core';
import { stopRuns } from '@orchestra/task-queue';
import { startPooler, until } from '@orchestra/testkit';
import { startService as startClaimer } from '@orchestra/worker-claimer';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createWorker } from '../../src/index.ts';
import { fresh, gate } from '../orchestra.ts';
import { directFleet, handOf } from './fleet.ts';

const fleet = directFleet({ leaseSeconds: 3 });

interface Claimed {
  id: string;
  run_id: string;
}

/** Claims by hand, as a worker does that says nothing more. */
async function claimByHand(url: string, skill: string): Promise<Claimed> {
  const hand = handOf(url);
  onTestFinished(() => hand.end());
  const {
    rows: [row],
  } = await hand.query<{ tasks: string }>(
    "select t.tasks from orchestra_work(null, 'by hand', null, '{}', null, array[$1], 1, null) t",
    [skill],
  );
  const [task]: Claimed[] = JSON.parse(row?.tasks ?? '[]');
  if (task === undefined) throw new Error('there was nothing to claim');
  return task;
}

async function endByHand(url: string, { id, run_id }: Claimed): Promise<unknown> {
  const hand = handOf(url);
  onTestFinished(() => hand.end());
  const {
    rows: [row],
  } = await hand.query<{ ended: unknown }>(
    "select t.ended from orchestra_work($1, 'by hand', null, null, null, null, null, null) t",
    [JSON.stringify([{ as: 'completed', id, run_id }])],
  );
  return row?.ended;
}

describe('runs', () => {
  test('P10 a run belongs to the login that claimed it: another one neither ends it, keeps it alive, nor learns of it', async () => {
    const skill = fresh('owned');
    const [id = ''] = await fleet.queue.addTasks([{ skill }]);
    const run = await claimByHand(fleet.url, skill);
    expect(await endByHand(fleet.otherUrl, run)).toBeNull();
    const other = handOf(fleet.otherUrl);
    onTestFinished(() => other.end());
    const {
      rows: [beat],
    } = await other.query('select b.alive from orchestra_work_beat($1) b', [JSON.stringify([run])]);
    expect(beat).toEqual({ alive: [] });
    const {
      rows: [asked],
    } = await other.query("select orchestra_work_ask($1, $2, 'mine?', null) as answer", [run.id, run.run_id]);
    expect(asked).toEqual({ answer: null });
    const {
      rows: [why],
    } = await other.query('select w.run_id, w.ended_as from orchestra_work_why(array[$1::bigint], array[$2::uuid]) w', [
      run.id,
      run.run_id,
    ]);
    expect(why).toEqual({ run_id: null, ended_as: null });
    expect(await fleet.statusOf(id)).toBe('running');
    expect(await endByHand(fleet.url, run)).toEqual([{ n: 1, status: 'succeeded', next_eligible_at: null }]);
  });

  test('P10 heartbeats keep a run that is longer than its lease', async () => {
    const skill = fresh('long');
    const done = gate();
    const { worker, heard } = fleet.worker({ handlers: { [skill]: async () => done.opened } });
    const [id = ''] = await fleet.queue.addTasks([{ skill }]);
    await worker.start();
    await heard.first('claimed');
    const {
      rows: [then],
    } = await fleet.db.pool.query<{ at: Date }>('select t.heartbeat_at as at from tasks t where t.id = $1', [id]);
    await until('two leases have passed', async () => {
      const {
        rows: [now],
      } = await fleet.db.pool.query<{ enough: boolean }>(
        "select t.heartbeat_at > $2::timestamptz + interval '6 seconds' as enough from tasks t where t.id = $1",
        [id, then?.at],
      );
      return now?.enough === true;
    });
    done.open();
    await heard.first('finished');
    expect(await fleet.story(id)).toEqual(['queued', 'claimed', 'completed']);
  });

  test('P10 a killed worker’s task goes to another one after its lease, with its attempt, and no service is needed for it', async () => {
    const skill = fresh('killed');
    const [id = ''] = await fleet.queue.addTasks([{ skill }]);
    const child = spawn(process.execPath, [fileURLToPath(new URL('fixture-direct-worker.ts', import.meta.url))], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, DATABASE_URL: fleet.url, SKILL: skill },
    });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data'); // it has begun, and hangs
    child.kill('SIGKILL');
    await exited;
    expect(await fleet.statusOf(id)).toBe('running');
    const { worker, heard } = fleet.worker({ handlers: { [skill]: async (task) => task.attempt } });
    await worker.start();
    expect(await heard.first('finished')).toMatchObject({ task: { id }, result: 1 });
    expect(await fleet.story(id)).toEqual(['queued', 'claimed', 'reaped', 'claimed', 'completed']);
  });

  test('P10 while nobody could be heard, no run is taken away: the first round after a long time listens for half a lease', async () => {
    const skill = fresh('unheard');
    await fleet.queue.addTasks([{ skill }]);
    const { id } = await claimByHand(fleet.url, skill);
    await fleet.db.pool.query("update tasks set heartbeat_at = now() - interval '1 hour' where id = $1", [id]);
    await fleet.db.pool.query(
      "update queue_upkeep set done_at = now() - interval '1 hour', heard_since = null where round = 'reap'",
    );
    const hand = handOf(fleet.url);
    onTestFinished(() => hand.end());
    await hand.query("select orchestra_work_tend('reap', null)");
    expect(await fleet.statusOf(id)).toBe('running');
    await fleet.db.pool.query(
      `update queue_upkeep set done_at = now() - interval '1 second', heard_since = now() - interval '1 minute'
         where round = 'reap'`,
    );
    await hand.query("select orchestra_work_tend('reap', null)");
    expect(await fleet.statusOf(id)).toBe('queued');
    await fleet.db.pool.query('delete from tasks where id = $1', [id]);
  });

  test('P10 a run that was taken away is told so, and what it brings is dropped', async () => {
    const skill = fresh('lost');
    const { worker, heard } = fleet.worker({
      handlers: {
        [skill]: (_task, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => resolve('done all the same'));
          }),
      },
    });
    const [id = ''] = await fleet.queue.addTasks([{ skill }]);
    await worker.start();
    await heard.first('claimed');
    await fleet.db.pool.query(
      `update tasks set status = 'cancelled', run_id = null, pid = null, started_at = null, heartbeat_at = null
         where id = $1`,
      [id],
    );
    expect(await heard.first('run-lost')).toMatchObject({ task: { id } });
    expect(await fleet.statusOf(id)).toBe('cancelled');
  });

  test('an operator’s order to stop reaches a run at once, by the bell', async () => {
    const skill = fresh('stopped');
    const { worker, heard } = fleet.worker({
      handlers: {
        [skill]: (_task, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          }),
      },
    });
    const [id = ''] = await fleet.queue.addTasks([{ skill }]);
    await worker.start();
    await heard.first('claimed');
    await stopRuns(fleet.db.pool, {
      runs: { ids: [id] },
      then: 'requeue',
      graceSeconds: 60,
      by: 'dana',
      reason: 'enough',
    });
    expect(await heard.first('run-stopped')).toMatchObject({
      status: 'queued',
      reason: expect.stringContaining('enough'),
    });
    await fleet.db.pool.query('delete from tasks where id = $1', [id]);
  });
});

describe('beside services', () => {
  test('P1 workers of both kinds share a queue: each task is done once, a pause holds for both, and neither ends the other’s runs', async () => {
    const common = {
      databaseUrl: fleet.db.url,
      listenDatabaseUrl: fleet.db.url,
      host: '127.0.0.1',
      port: 0,
      logLevel: 'silent' as const,
    };
    const pauseApi = await startPauseApi(common);
    const claimer = await startClaimer({
      ...common,
      leaseSeconds: 7,
      reapEveryMs: 1_000,
      waitersMax: 100,
      gatedRepos: ['app'],
    });
    onTestFinished(async () => {
      await claimer.stop();
      await pauseApi.stop();
    });
    const token = await createToken(fleet.db.pool, { name: fresh('fleet'), role: 'worker', by: 'test' });
    const skill = fresh('mixed');
    const done: { id: string; by: string }[] = [];
    const handlers = (by: string) => ({
      [skill]: async (task: { id: string }) => {
        done.push({ id: task.id, by });
      },
    });
    const http = createWorker({
      url: claimer.url,
      pauseUrl: pauseApi.url,
      token,
      concurrency: 3,
      handlers: handlers('http'),
    });
    onTestFinished(() => http.stop({ drainMs: 0 }));
    const { worker } = fleet.worker({ concurrency: 3, handlers: handlers('direct') });
    await Promise.all([http.start(), worker.start()]);
    await until('the settings of the service are written down', async () => {
      const {
        rows: [settings],
      } = await fleet.db.pool.query('select s.lease_seconds, s.gated_repos from queue_settings s');
      return settings?.['lease_seconds'] === 7 && settings['gated_repos']?.[0] === 'app';
    });
    const agent = fresh('agent');
    const pause = await fleet.pause('agent', agent);
    const held = await fleet.queue.addTasks(Array.from({ length: 10 }, () => ({ skill, agent_id: agent })));
    // Repos for which the serial gate does not hold go side by side, also by this door.
    const free = await fleet.queue.addTasks(
      Array.from({ length: 60 }, (_, n) => ({ skill, repo: n % 2 === 0 ? 'docs' : null })),
    );
    await until('all that may be are done', () => done.length === 60);
    expect(done.map(({ id }) => id).toSorted()).toEqual(free.toSorted());
    await fleet.clear(pause.id);
    await until('the others are done as well', () => done.length === 70);
    expect(
      done
        .slice(60)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(held.toSorted());

    await Promise.all([http.stop(), worker.stop()]);
    const [id = ''] = await fleet.queue.addTasks([{ skill }]);
    const client = createClient({ url: pauseApi.url, tasksUrl: claimer.url, token });
    const {
      tasks: [ofHttp],
    } = await client.claim({ worker: 'http', skills: [skill] });
    if (ofHttp === undefined) throw new Error('there was a task to claim');
    expect(await endByHand(fleet.url, ofHttp)).toBeNull();
    await client.finish({ ended: [{ as: 'released', id, run_id: ofHttp.run_id, cause: 'shutdown' }] });
    const ofDirect = await claimByHand(fleet.url, skill);
    const {
      ended: [refused],
    } = await client.finish({ ended: [{ as: 'completed', id, run_id: ofDirect.run_id }] });
    expect(refused).toMatchObject({ outcome: 'refused' });
    await endByHand(fleet.url, ofDirect);
  });
});

test('P6 through a pooler in transaction mode a worker works, says that it hears no bells, and still knows a pause within seconds', async () => {
  const pooler = await startPooler(fleet.url);
  onTestFinished(() => pooler.stop());
  const skill = fresh('pooled');
  const looping = gate();
  const { worker, heard } = fleet.worker({
    databaseUrl: pooler.url,
    handlers: {
      [skill]: async (_task, { checkpoint }) => {
        for (;;) {
          looping.open();
          await checkpoint();
        }
      },
    },
  });
  await worker.start();
  expect(String((await heard.first('bell-lost')).error.cause)).toMatch(/pooler.*listenDatabaseUrl/);
  await fleet.queue.addTasks([{ skill }]);
  await looping.opened;
  await fleet.pause('skill', skill);
  await heard.first('stopped-at-checkpoint');
});
