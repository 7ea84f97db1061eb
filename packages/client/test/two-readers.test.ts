import { startService } from '@orchestra/pause-api';
import { createToken } from '@orchestra/pause-core';
import { testDatabase, until } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { createClient, type ReceivedEvent } from '../src/index.ts';

const database = testDatabase();
const CHANGES = 1_000;

/** Follows the stream to its end, by way of the library, and keeps what it was told. */
function follow(url: string, token: string) {
  const stop = new AbortController();
  const told: ReceivedEvent[] = [];
  let connections = 0;
  const onState = ({ state }: { state: string }): void => {
    if (state === 'connected') connections += 1;
  };
  const ended = (async () => {
    for await (const received of createClient({ url, tasksUrl: url, token }).events({ signal: stop.signal, onState }))
      told.push(received);
  })();
  return {
    told,
    ended,
    stop: () => stop.abort(),
    connections: () => connections,
    changes: () =>
      told.flatMap(({ event }) =>
        event.type === 'pause.created' || event.type === 'pause.cleared'
          ? [`${event.type} ${event.data.scope_value}`]
          : [],
      ),
  };
}

test('two readers follow 1,000 pause changes without a gap or a duplicate while pause-api is restarted twice', async () => {
  const token = await createToken(database.pool, { name: 'reader', role: 'viewer', by: 'test' });
  const start = (port: number) =>
    startService({
      databaseUrl: database.url,
      listenDatabaseUrl: database.url,
      host: '127.0.0.1',
      port,
      logLevel: 'silent',
    });
  let service = await start(0);
  const port = Number(new URL(service.url).port);
  const readers = [follow(service.url, token), follow(service.url, token)];
  try {
    await until('both have their snapshot', () => readers.every(({ told }) => told[0]?.event.type === 'snapshot'));
    const expected: string[] = [];
    let restarting: Promise<void> | undefined;
    for (let change = 0; change < CHANGES; change += 1) {
      // The changes go on while it is down: they are the database's.
      if (change === 300 || change === 700)
        restarting = service.stop().then(async () => {
          service = await start(port);
        });
      const value = `v${change >> 1}`;
      if (change % 2 === 0)
        await database.pool.query("insert into senate_pause (scope_kind, scope_value) values ('agent', $1)", [value]);
      else
        await database.pool.query(
          "update senate_pause set cleared_at = clock_timestamp(), cleared_by = 'test' where scope_value = $1",
          [value],
        );
      expected.push(`${change % 2 === 0 ? 'pause.created' : 'pause.cleared'} ${value}`);
      if (change === 500 || change === CHANGES - 1) {
        await restarting;
        await until('both are back', () =>
          readers.every(({ connections }) => connections() >= (change === 500 ? 2 : 3)),
        );
      }
    }
    await until('both have been told of all', () => readers.every((reader) => reader.changes().length >= CHANGES));
    for (const reader of readers) {
      expect(reader.changes()).toEqual(expected);
      const places = reader.told.map(({ id }) => Number(id));
      expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
      // Resumed, and not started again
      expect(reader.told.filter(({ event }) => event.type === 'snapshot')).toHaveLength(1);
    }
  } finally {
    for (const reader of readers) reader.stop();
    await Promise.all(readers.map(({ ended }) => ended));
    await service.stop();
  }
}, 120_000);
