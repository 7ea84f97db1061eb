import { ApiError, ConnectionError } from '@orchestra-brake/client';
import type { RunFinishResult } from '@orchestra/task-queue/contract';
import { expect, test } from 'vitest';
import { Endings, type EndingToTell } from './endings.ts';
import { LateAbort } from './late-abort.ts';

const RUN = '00000000-0000-4000-8000-000000000001';
const never = new LateAbort();
const done = (id: string, result?: unknown): EndingToTell => ({
  as: 'completed',
  id,
  run_id: RUN,
  ...(result === undefined ? {} : { result }),
});
const accepted = ({ id, run_id }: EndingToTell): RunFinishResult => ({
  id,
  run_id,
  outcome: 'accepted',
  status: 'succeeded',
  next_eligible_at: null,
  refused: null,
});
const kept = { status: 'succeeded', next_eligible_at: null };

/** Endings before a service that keeps what it is told, unless it throws. */
function endingsTo(hear: (ended: EndingToTell[]) => void = () => {}): { endings: Endings; calls: string[][] } {
  const calls: string[][] = [];
  const endings = new Endings({
    finish: async (ended) => {
      calls.push(ended.map(({ id }) => id));
      hear(ended);
      return { ended: ended.map(accepted) };
    },
    moreToCome: () => false,
    onAdded: () => {},
  });
  return { endings, calls };
}

test('what ends at about the same time is told in one call', async () => {
  const { endings, calls } = endingsTo();
  await expect(Promise.all(['1', '2', '3'].map((id) => endings.end(done(id), never)))).resolves.toEqual([
    kept,
    kept,
    kept,
  ]);
  expect(calls).toEqual([['1', '2', '3']]);
});

test('what a claim takes along is settled by its answer, and told by nobody else', async () => {
  const { endings, calls } = endingsTo();
  endings.claimsFollow = true;
  const told = endings.end(done('1'), never);
  const batch = endings.take();
  expect(batch.ended).toEqual([done('1')]);
  batch.settle(batch.ended.map(accepted));
  await expect(told).resolves.toEqual(kept);
  expect(calls).toEqual([]);
});

test('P10 what a claim that was broken off had taken along is told by itself', async () => {
  const { endings, calls } = endingsTo();
  endings.claimsFollow = true;
  const told = [endings.end(done('1'), never), endings.end(done('2'), never)];
  const batch = endings.take();
  endings.hurry();
  batch.putBack();
  await expect(Promise.all(told)).resolves.toEqual([kept, kept]);
  expect(calls).toEqual([['1', '2']]);
});

test('P10 what waits for a claim that does not come is told without it', async () => {
  const { endings } = endingsTo();
  endings.claimsFollow = true;
  await expect(endings.end(done('1'), never)).resolves.toEqual(kept);
});

test('P10 each has its own answer: one that is refused is no answer for the others', async () => {
  const { endings } = endingsTo();
  endings.claimsFollow = true;
  const told = ['1', '2'].map((id) => endings.end(done(id), never));
  const batch = endings.take();
  batch.settle(
    batch.ended.map((ending) =>
      ending.id === '1'
        ? {
            ...accepted(ending),
            outcome: 'refused',
            status: null,
            refused: { code: 'run_not_owner', detail: 'it was reaped' },
          }
        : accepted(ending),
    ),
  );
  await expect(told[0]).rejects.toMatchObject({ code: 'run_not_owner', detail: 'it was reaped' });
  await expect(told[1]).resolves.toEqual(kept);
});

test('a call that fails fails each of its endings; one that the service can never take fails alone', async () => {
  const away = endingsTo(() => {
    throw new ConnectionError('worker-claimer', 'http://x', 'unreachable');
  });
  await expect(away.endings.end(done('1'), never)).rejects.toThrow(ConnectionError);
  const picky = endingsTo((ended) => {
    if (ended.some(({ id }) => id === '2'))
      throw new ApiError({ type: 'x', title: 'x', status: 400, code: 'invalid_request', detail: 'no' });
  });
  const [one, two] = await Promise.allSettled(['1', '2'].map((id) => picky.endings.end(done(id), never)));
  expect([one?.status, two?.status]).toEqual(['fulfilled', 'rejected']);
});

test('one that may be too long for a call goes alone', async () => {
  const { endings, calls } = endingsTo();
  await Promise.all([
    endings.end(done('1'), never),
    endings.end(done('2', 'x'.repeat(150_000)), never),
    endings.end(done('3'), never),
  ]);
  expect(calls).toEqual([['1', '3'], ['2']]);
});

test('whoever has no more time is let go', async () => {
  const { endings } = endingsTo();
  endings.claimsFollow = true;
  const gone = new LateAbort();
  const told = endings.end(done('1'), gone);
  gone.abort(new Error('no more time'));
  await expect(told).rejects.toThrow('no more time');
  expect(endings.take().size).toBe(0);
});
