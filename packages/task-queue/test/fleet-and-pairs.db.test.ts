import type { PauseOrder, Scope } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import {
  announceQuiet,
  completeRun,
  explainTask,
  listActivePauseViews,
  pauseWithReceipt,
  previewPause,
  readPausePage,
  stopRuns,
  unpauseWithAnswer,
  verifyClaims,
} from '../src/index.ts';
import { add, claim, ids } from './fixtures.ts';

const db = testDatabase();
const FLEET: Scope = { kind: 'fleet', value: '*' };
const BOTH: Scope = { kind: 'agent', value: 'a', also: { quest: 'q' } };
const orderOn = (scope: Scope): PauseOrder => ({
  scope,
  reason: 'stop',
  ttlSeconds: null,
  by: 'dana',
  source: 'person',
});

test('P19 everything that tells of a pause tells the same of the whole fleet and of two labels', async () => {
  await add(db.pool, { agent_id: 'a', quest_id: 'q' });
  const [run] = await claim(db.pool);
  const [both = '', one = '', bare = ''] = await add(
    db.pool,
    { agent_id: 'a', quest_id: 'q' },
    { agent_id: 'a' },
    { repo: 'r' },
  );

  expect(await previewPause(db.pool, BOTH)).toMatchObject({
    label_known: true,
    queued: 1,
    in_flight_count: 1,
    broad: false,
    also: { quest: 'q' },
    repos: [],
  });
  expect(await previewPause(db.pool, FLEET)).toMatchObject({
    label_known: true,
    queued: 3,
    in_flight_count: 1,
    broad: true,
    also: null,
    repos: [{ repo: 'r', head_held: bare }],
  });
  const pair = await pauseWithReceipt(db.pool, orderOn({ kind: 'quest', value: 'q', also: { agent: 'a' } }));
  expect(pair).toMatchObject({
    scope_kind: 'agent',
    scope_value: 'a',
    also: { quest: 'q' },
    settled: true,
    queued: 1,
    in_flight_count: 1,
  });
  const fleet = await pauseWithReceipt(db.pool, orderOn(FLEET));
  expect(fleet).toMatchObject({
    scope_kind: 'fleet',
    scope_value: '*',
    also: null,
    settled: true,
    queued: 3,
    in_flight_count: 1,
  });
  expect(await listActivePauseViews(db.pool)).toMatchObject([
    { id: fleet.id, queued: 3, in_flight_count: 1 },
    { id: pair.id, queued: 1, in_flight_count: 1 },
  ]);
  expect(await readPausePage(db.pool, pair.id)).toMatchObject({
    admitted_before_count: 1,
    other_pauses: [{ id: fleet.id }],
    held: { count: 1 },
  });

  const says = async (id: string) =>
    (await explainTask(db.pool, id)).holds
      .filter(({ kind }) => kind === 'pause')
      .map((hold) => hold.says.split(' is paused')[0]);
  expect(await says(both)).toEqual(['the whole fleet', 'agent a + quest q']);
  expect(await says(one)).toEqual(['the whole fleet']);
  expect(await says(bare)).toEqual(['the whole fleet']);
  expect(await claim(db.pool)).toEqual([]);

  expect(
    await stopRuns(db.pool, {
      runs: { pauseId: pair.id },
      then: 'requeue',
      graceSeconds: 60,
      by: 'dana',
      reason: 'now',
    }),
  ).toMatchObject({ runs: [{ task_id: run?.id }] });
  await completeRun(db.pool, run?.id ?? '', run?.run_id ?? '', null);
  expect(await announceQuiet(db.pool)).toBe(2);

  // A claim that is broken on purpose: what it takes is found.
  const {
    rows: [{ source }],
  } = await db.pool.query("select pg_get_functiondef('pauses_cover'::regproc) as source");
  await db.pool.query(source.replace(/\$function\$[^]*\$function\$/, '$function$ select false $function$'));
  expect(ids(await claim(db.pool)).toSorted()).toEqual([both, one, bare].toSorted());
  await db.pool.query(source);
  const { violations } = await verifyClaims(db.pool, { limit: 100 });
  const found = violations.map(({ task_id, pause_id, also }) => `${task_id} ${pause_id} ${JSON.stringify(also)}`);
  expect(new Set(found)).toEqual(
    new Set([
      `${both} ${fleet.id} null`,
      `${both} ${pair.id} {"quest":"q"}`,
      `${one} ${fleet.id} null`,
      `${bare} ${fleet.id} null`,
    ]),
  );
});

test('P19 a label of several that nothing has ever carried is named, with what is near it', async () => {
  await add(db.pool, { agent_id: 'skeptic' });
  const receipt = await pauseWithReceipt(
    db.pool,
    orderOn({ kind: 'agent', value: 'skeptik', also: { skill: 'debate' } }),
  );
  expect(receipt).toMatchObject({
    label_known: false,
    unknown_kind: 'agent',
    near_labels: [{ scope_value: 'skeptic' }],
  });
  expect(
    await unpauseWithAnswer(db.pool, {
      target: { kind: 'agent', value: 'skeptic', also: { skill: 'debates' } },
      by: 'dana',
    }),
  ).toMatchObject({ cleared: [], unknown_kind: 'skill' });
});

test('P3 P19 a row inserted by hand gets the one form of its scope; one that says nothing is refused', async () => {
  const insert = `insert into senate_pause (scope_kind, scope_value, also) values ($1, $2, $3)
       returning scope_kind, scope_value, also`;
  expect(
    (await db.pool.query(insert, ['quest', 'Jose\u0301', { skill: 's', actor: 'c', quest: 'Jos\u00e9' }])).rows,
  ).toEqual([{ scope_kind: 'actor', scope_value: 'c', also: { skill: 's', quest: 'Jos\u00e9' } }]);
  expect((await db.pool.query(insert, ['quest', 'q', {}])).rows).toEqual([
    { scope_kind: 'quest', scope_value: 'q', also: null },
  ]);
  for (const [kind, value, also] of [
    ['fleet', 'all', null],
    ['fleet', '*', { agent: 'a' }],
    ['agent', 'a', { agent: 'b' }],
    ['agent', 'a', { planet: 'b' }],
    ['agent', 'a', { quest: 7 }],
    ['agent', 'a', { quest: ' ' }],
  ]) {
    await expect(db.pool.query(insert, [kind, value, also]), JSON.stringify([kind, value, also])).rejects.toMatchObject(
      { code: '23514' },
    );
  }
});
