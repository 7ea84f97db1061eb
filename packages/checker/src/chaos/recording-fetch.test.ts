import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readHistory, Recorder } from './recorder.ts';
import { recordingFetch } from './recording-fetch.ts';

/** What is written down of one call to `path` that is answered so; an error for one that is not answered. */
async function recorded(path: string, body: unknown, answer: Response | Error) {
  const folder = mkdtempSync(join(tmpdir(), 'orchestra-recorded-'));
  const recorder = new Recorder(join(folder, 'worker.jsonl'), 'worker');
  const call = recordingFetch(recorder, async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  })(`http://127.0.0.1${path}`, { method: 'POST', body: JSON.stringify(body) });
  await call.then(
    async (response) => expect(await response.text()).not.toBe(''),
    () => {},
  );
  recorder.close();
  const history = await readHistory(folder);
  rmSync(folder, { recursive: true });
  return history.map(({ t: _t, proc: _proc, id: _id, ...line }) => line);
}

const TASK = {
  id: '7',
  run_id: 'r7',
  attempt: 1,
  agent_id: null,
  skill: 'read',
  quest_id: null,
  actor_id: null,
  payload: {},
};

test('a claim that also ends runs is written down as both, each ending by what became of it', async () => {
  const lines = await recorded(
    '/api/tasks/claim',
    {
      worker: 'w',
      ended: [
        { as: 'completed', id: '1', run_id: 'r1' },
        { as: 'failed', id: '2', run_id: 'r2', error: 'e' },
      ],
    },
    Response.json({
      tasks: [TASK],
      ended: [
        { id: '1', run_id: 'r1', outcome: 'accepted', status: 'succeeded' },
        { id: '2', run_id: 'r2', outcome: 'refused', status: null },
      ],
    }),
  );
  expect(lines).toEqual([
    { op: 'claim', phase: 'invoke' },
    { op: 'finish', phase: 'invoke', task: '1', run: 'r1', how: 'complete' },
    { op: 'finish', phase: 'invoke', task: '2', run: 'r2', how: 'fail' },
    {
      op: 'claim',
      phase: 'ok',
      tasks: [{ task: '7', run: 'r7', attempt: 1, agent: null, skill: 'read', quest: null, actor: null }],
    },
    { op: 'finish', phase: 'ok', task: '1', run: 'r1', how: 'complete', status: 'succeeded' },
    { op: 'finish', phase: 'fail', why: 'refused, among other endings' },
  ]);
});

test('a refusal is known; a 503, a call that did not arrive and a cut connection leave open what became of the call', async () => {
  const phases = async (answer: Response | Error) =>
    (await recorded('/api/tasks/7/complete', { run_id: 'r7' }, answer)).map((line) => line.phase);
  expect(await phases(Response.json({ status: 'succeeded', next_eligible_at: null }))).toEqual(['invoke', 'ok']);
  expect(await phases(Response.json({ code: 'run_not_owner' }, { status: 409 }))).toEqual(['invoke', 'fail']);
  expect(await phases(Response.json({ code: 'idempotency_key_in_use' }, { status: 409 }))).toEqual(['invoke', 'info']);
  expect(await phases(Response.json({ code: 'database_unavailable' }, { status: 503 }))).toEqual(['invoke', 'info']);
  expect(await phases(Response.json({ code: 'request_timeout' }, { status: 408 }))).toEqual(['invoke', 'info']);
  expect(await phases(new TypeError('fetch failed'))).toEqual(['invoke', 'info']);
});

test('other calls pass unrecorded', async () => {
  expect(await recorded('/api/senate/pause', {}, Response.json({ id: '1' }))).toEqual([]);
});
