// What an operator asks, by command and by HTTP: the same answers.
import { readFile } from 'node:fs/promises';
import { until } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { onTerminal } from './on-terminal.ts';
import { testOrchestra } from './test-orchestra.ts';

const running = testOrchestra({ clientName: 'dana' });
const { run, json } = running;

/**
 * With the token of the command line: only the owner of a run sees its id, and the client owns the runs that it
 * claims.
 */
async function get(path: string): Promise<unknown> {
  const token = (await readFile(running.ready.token_file, 'utf8')).trim();
  const answer = await fetch(running.ready.pause_api + path, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  return answer.json();
}

/** Without what only tells how long ago something was. */
function timeless(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      ['age_seconds', 'remaining_seconds', 'age_ms', 'at_now'].includes(key) ? 0 : inner,
    ),
  );
}

test('a pause over work under way and waiting: list, page, why, history and verify are the same by command, over the database and by HTTP', async () => {
  const {
    ids: [first = '', second = ''],
  } = await running.client.enqueue({
    tasks: [
      { agent_id: 'skeptic', skill: 'debate', repo: 'shop' },
      { agent_id: 'skeptic', skill: 'debate', repo: 'shop' },
      { agent_id: 'scribe' },
    ],
  });
  const {
    tasks: [run1],
  } = await running.client.claim({ worker: 'w-1', agents: ['skeptic'], wait_seconds: 10 });
  expect(run1?.id).toBe(first);
  const paused = (await json(['senate', 'pause', 'agent', 'skeptic', '--reason', 'runaway loop', '--ttl', '30m'])) as {
    id: string;
  };
  await running.client.complete(first, { run_id: run1?.run_id ?? '' });
  await until('it is quiet', async () => (await running.client.pausePage(paused.id)).pause.quiet_at !== null, 60_000);

  const list = (await json(['senate', 'pauses'])) as { pauses: object[] };
  expect(list.pauses).toMatchObject([{ id: paused.id, quiet: true, queued: 1 }]);
  const byHttp = (await get('/api/senate/pauses')) as { pauses: object[] };
  expect(timeless(list.pauses)).toEqual(timeless(byHttp.pauses));

  const page = await json(['senate', 'show', paused.id]);
  expect(page).toMatchObject({
    in_flight: [],
    admitted_before: [{ run: { task_id: first, worker: 'w-1' }, ended_as: 'completed' }],
    held: { count: 1 },
  });
  expect(timeless(page)).toEqual(timeless(await get(`/api/senate/pauses/${paused.id}`)));
  expect(timeless(await json(['senate', 'show', paused.id, '--direct']))).toEqual(timeless(page));

  const why = (await json(['task', 'why', second])) as { at: string; holds: { kind: string }[] };
  expect(why).toMatchObject({ task_id: second, can_start_now: false, if_cleared: [{ pause_id: paused.id }] });
  expect(why.holds[0]).toMatchObject({ kind: 'pause', pause_id: paused.id });
  expect({ ...((await get(`/api/tasks/${second}/why`)) as object), at: '', if_cleared: '' }).toEqual({
    ...why,
    at: '',
    if_cleared: '',
  });
  expect({ ...((await json(['task', 'why', second, '--direct'])) as object), at: '', if_cleared: '' }).toEqual({
    ...why,
    at: '',
    if_cleared: '',
  });

  await running.client.unpause({
    id: (await running.client.pause({ scope_kind: 'agent', scope_value: 'scribe', reason: 'another' })).id,
  });
  const history = (await json(['senate', 'history', 'agent', 'skeptic', '--since', '1h'])) as {
    entries: { action: string }[];
  };
  expect(history.entries.map(({ action }) => action)).toEqual(['pause.quiet', 'pause.created']);
  expect(history.entries).toEqual(
    ((await get('/api/senate/history?scope_kind=agent&scope_value=skeptic')) as { entries: object[] }).entries,
  );
  expect(await json(['senate', 'history', 'agent', 'skeptic', '--direct'])).toEqual(history);
  expect(
    await json(['senate', 'history', '--by', 'dana', '--action', 'pause.created', '--until', '2020-01-01']),
  ).toEqual({ entries: [], more: false });

  const verified = await json(['senate', 'pauses', '--verify', '--since', '1d']);
  expect(verified).toMatchObject({ claims_checked: 1, violations: [] });
  expect(verified).toEqual(await get('/api/senate/verify?since=2020-01-01T00:00:00Z'));
  expect(await json(['senate', 'pauses', '--verify', '--since', '1d', '--direct'])).toEqual(verified);

  expect(await json(['task', 'list', '--held-by', paused.id])).toMatchObject({ tasks: [{ id: second }], more: false });
  expect(await json(['task', 'list', '--since', '1h', '--agent', 'scribe', '--direct'])).toMatchObject({
    tasks: [{ agent_id: 'scribe' }],
  });
  expect(await json(['task', 'list', '--until', '1h'])).toEqual({ tasks: [], more: false });
  const labels = (await json(['queue', 'labels', '--by', 'agent'])) as { labels: object[] };
  expect(labels.labels).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ value: 'skeptic', queued: 1, paused: paused.id }),
      expect.objectContaining({ value: 'scribe', queued: 1, paused: null }),
    ]),
  );
  await running.client.unpause({ id: paused.id });
});

test('for people they are sentences and tables', async () => {
  const paused = await running.client.pause({
    scope_kind: 'quest',
    scope_value: 'q-9',
    reason: 'wrong brief',
    ttl_seconds: 600,
  });
  const {
    ids: [id = ''],
  } = await running.client.enqueue({ quest_id: 'q-9' });
  expect((await run(['task', 'why', id])).stdout).toMatch(
    new RegExp(
      `^task ${id} is queued\\n {2}1\\. .*quest q-9.*wrong brief[\\s\\S]*^if pause ${paused.id} is ` +
        'cleared, it would still be blocked; no end known',
      'm',
    ),
  );
  expect((await run(['senate', 'show', paused.id])).stdout).toMatch(
    new RegExp(
      `^pause ${paused.id} on quest q-9, by dana \\(person\\): wrong brief\\nin effect since ` +
        `[\\s\\S]*pause.created +dana +wrong brief$`,
      'm',
    ),
  );
  expect((await run(['senate', 'history', 'quest', 'q-9'])).stdout).toMatch(
    /pause\.created +pause \d+ +quest q-9 +wrong brief$/m,
  );
  expect((await run(['senate', 'pauses', '--verify'])).stdout).toMatch(
    /^nothing started while it was paused\nlooked at: \d+ claims?/,
  );
  await running.client.unpause({ id: paused.id });
});

const WRONG: [string[], string][] = [
  [['senate', 'pauses', 'agent', 'x', '--verify'], 'leave KIND and VALUE out'],
  [['senate', 'pauses', '--since', '1h'], '--verify'],
  [['senate', 'history', '--since', 'yesterday'], 'not a duration'],
  [['senate', 'pause', 'agent', 'x', '--reason', 'r', '--then', 'stay'], '--then stay needs --ttl'],
  [['senate', 'pause', 'agent', 'x', '--reason', 'r', '--wait-timeout', '5m'], '--wait'],
  [['senate', 'extend', '4'], 'say the new end'],
  [['senate', 'extend', 'agent', '--ttl', '1h'], 'KIND needs a VALUE'],
  [['senate', 'extend', '--ttl', '1h'], 'say which pause'],
  [['queue', 'labels'], 'Missing required flag by'],
  [['senate', 'pauses', '--profile', 'prod', '--direct'], 'either --profile or --direct'],
];

test('wrong usage ends with 2 and one message', async () => {
  const ended = await Promise.all(WRONG.map(async ([args]) => ({ args, ...(await run(args)) })));
  expect(ended).toEqual(
    WRONG.map(([args, message]) => ({ args, code: 2, stdout: '', stderr: expect.stringContaining(message) })),
  );
});

test('a broad pause has to be typed out on a terminal; without one nobody is asked, and it is made', async () => {
  await running.client.enqueue({ tasks: Array.from({ length: 30 }, () => ({ actor_id: 'acct-7' })) });
  const args = ['senate', 'pause', 'actor', 'acct-7', '--reason', 'over budget'];
  expect(await json([...args, '--dry-run'])).toMatchObject({ broad: true, queued: 30 });

  expect(await answered(args, 'acct-7\r')).toMatchObject({
    code: 1,
    shown: expect.stringContaining('nothing was paused'),
  });
  expect(await answered(args, '\u0003')).toMatchObject({
    code: 130,
    shown: expect.stringContaining('nothing was paused'),
  });
  expect(await json(['senate', 'pauses'])).toEqual({ pauses: [] });
  expect(await answered(args, 'actor acct-7\r')).toMatchObject({
    code: 0,
    shown: expect.stringContaining('settled: from now on none of its tasks starts'),
  });
  expect(await json([...args, '--yes', '--then', 'stay', '--ttl', '1h'])).toMatchObject({
    then: 'stay',
    settled: true,
  });
  await running.client.unpause({ scope_kind: 'actor', scope_value: 'acct-7' });
  expect(await run(args)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('settled: from now on none of its tasks starts'),
  });
  await running.client.unpause({ scope_kind: 'actor', scope_value: 'acct-7' });
});

/** What a command ends with on a terminal where this is typed when it asks. */
async function answered(args: readonly string[], keys: string): Promise<{ code: number | null; shown: string }> {
  const terminal = onTerminal(args, { HOME: running.folder, ...running.env });
  await until('it asks', () => terminal.shown().includes('type the scope'), 60_000);
  terminal.type(keys);
  return { code: await terminal.ended(), shown: terminal.shown() };
}
