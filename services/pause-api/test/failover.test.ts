// The primary is lost under load and its standby promoted; the services have both in their address.
import { makePool, migrate } from '@orchestra/database';
import type { PauseReceipt } from '@orchestra/pause-core/contract';
import type { RunningService } from '@orchestra/service-shell';
import { startReplicatedServers, until, type ReplicatedServers } from '@orchestra/testkit';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { caller, newToken, startPauseApi, type Answer, type Caller } from './started.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let servers: ReplicatedServers;
let service: RunningService;
let dana: Caller;
let made = 0;

beforeEach(async () => {
  servers = await startReplicatedServers();
  // The least durable that a role may be given: a pause raises it.
  await servers.onPrimary('alter role orchestra set synchronous_commit = off');
  await migrate(servers.url);
  const db = makePool({ connectionString: servers.url, applicationName: 'test' });
  const token = await newToken(db, 'operator');
  await db.end();
  await until(
    'the standby follows',
    async () => (await servers.onPrimary("select from pg_stat_replication where state = 'streaming'")).length === 1,
  );
  service = await startPauseApi(servers.url);
  dana = caller(service.url, token);
});
afterEach(async () => {
  await service.stop();
  await servers.stop();
});

const pause = (): Promise<Answer<PauseReceipt>> =>
  dana.post('/api/senate/pause', { scope_kind: 'agent', scope_value: `a${++made}`, reason: 'a test' });
const says = async (durable: string): Promise<boolean> => (await pause()).body.durable === durable;
const setNames = async (names: string): Promise<void> => {
  await servers.onPrimary(`alter system set synchronous_standby_names = '${names}'`);
  await servers.onPrimary('select pg_reload_conf()');
};

/** Operators who pause until they are told to stop; what they were answered with 200. */
function operators(count: number): { acknowledged: PauseReceipt[]; stop: () => Promise<void> } {
  const acknowledged: PauseReceipt[] = [];
  let over = false;
  const loops = Array.from({ length: count }, async () => {
    while (!over) {
      const answer = await pause();
      if (answer.status === 200) acknowledged.push(answer.body);
    }
  });
  return {
    acknowledged,
    stop: async () => {
      over = true;
      await Promise.all(loops);
    },
  };
}

/** The primary goes, the standby takes its place, and pauses work again without anybody touching the service. */
async function failOver(): Promise<void> {
  await servers.killPrimary();
  await servers.onStandby('select pg_promote(true)');
  await until('pauses work again', async () => (await pause()).status === 200, 60_000);
}

async function lost(receipts: readonly PauseReceipt[]): Promise<PauseReceipt[]> {
  const kept = new Set(
    (await servers.onStandby('select p.scope_value from senate_pause p')).map((row) => row['scope_value']),
  );
  return receipts.filter((receipt) => !kept.has(receipt.scope_value));
}

test('with a synchronous standby receipts say replicated, and nothing acknowledged is lost with the primary', async () => {
  await setNames('standby');
  await until('a receipt says replicated', () => says('replicated'));
  const load = operators(3);
  // Each connection notices the reload when it is used next, and its first receipt says local.
  await until(
    'pauses are acknowledged as replicated',
    () => load.acknowledged.filter(({ durable }) => durable === 'replicated').length >= 30,
    60_000,
  );
  await failOver();
  await load.stop();
  expect(await lost(load.acknowledged)).toEqual([]);
  // The new primary has no standby.
  expect(await says('local')).toBe(true);
});

test('with an asynchronous standby every receipt says local, and so did each that was lost', async () => {
  const load = operators(3);
  await until('pauses are acknowledged', () => load.acknowledged.length >= 10, 60_000);
  await servers.onStandby("alter system set primary_conninfo = ''");
  await servers.onStandby('select pg_reload_conf()');
  await until(
    'the standby follows no more',
    async () => (await servers.onPrimary('select from pg_stat_replication')).length === 0,
  );
  const behind = load.acknowledged.length;
  await until('pauses are acknowledged that it does not have', () => load.acknowledged.length >= behind + 10, 60_000);
  await failOver();
  await load.stop();
  const gone = await lost(load.acknowledged);
  expect(gone.length).toBeGreaterThan(0);
  expect(gone.filter(({ durable }) => durable !== 'local')).toEqual([]);
});

test('a commit that waited in vain is answered 200 and local: its wait was cancelled, or its connection ended, or the standby is not asked for any more', async () => {
  await setNames('nobody');
  const WAITS = "wait_event = 'SyncRep'";
  /**
   * Pauses, and ends every wait for the standby meanwhile; others of the service wait as well, and the pause behind
   * them.
   */
  const pauseWhile = async (end: string): Promise<Answer<PauseReceipt>> => {
    for (;;) {
      const ended = new Set<unknown>();
      let answered = false;
      const answer = pause().finally(() => {
        answered = true;
      });
      await until(
        'the pause is answered',
        async () => {
          for (const row of await servers.onPrimary(
            `select a.application_name as name, ${end}(a.pid) from pg_stat_activity a where ${WAITS}`,
          ))
            ended.add(row['name']);
          return answered;
        },
        60_000,
      );
      // The server takes a moment to go by its new settings; until then nothing waits.
      if (ended.has('orchestra pause-api brake')) return answer;
    }
  };
  const LOCAL = { status: 200, body: { durable: 'local', settled: true } };
  expect(await pauseWhile('pg_cancel_backend')).toMatchObject(LOCAL);
  expect(await pauseWhile('pg_terminate_backend')).toMatchObject(LOCAL);
  const answer = pause();
  await until(
    'the commit waits',
    async () =>
      (
        await servers.onPrimary(
          `select from pg_stat_activity
            where query = 'commit'
              and state = 'active'
              and application_name = 'orchestra pause-api brake'`,
        )
      ).length > 0,
  );
  await setNames('');
  expect(await answer).toMatchObject(LOCAL);
});
