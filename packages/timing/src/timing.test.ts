import { describe, expect, it } from 'vitest';
import { Sleeper } from './sleeper.ts';
import { sleep } from './sleep.ts';
import { withTimeout } from './with-timeout.ts';

const NEVER_MS = 2 ** 40;

describe('sleep', () => {
  it('says whether the whole time has passed', async () => {
    expect(await sleep(1)).toBe(true);
    expect(await sleep(NEVER_MS, AbortSignal.abort())).toBe(false);
  });

  it('ends when the signal aborts, and does not reject', async () => {
    const over = new AbortController();
    const slept = sleep(NEVER_MS, over.signal);
    over.abort(new Error('stopped'));
    expect(await slept).toBe(false);
  });

  it('takes a time beyond the longest timer as the longest, not as none', async () => {
    const over = new AbortController();
    const first = await Promise.race([
      sleep(Infinity, over.signal).then(() => 'endless'),
      sleep(5).then(() => 'short'),
    ]);
    over.abort();
    expect(first).toBe('short');
  });
});

describe('a sleeper', () => {
  it('wakes on demand, and waits again', async () => {
    const sleeper = new Sleeper();
    for (let waits = 0; waits < 2; waits++) {
      const waited = sleeper.wait(NEVER_MS).then(() => 'awake');
      sleeper.wake();
      expect(await waited).toBe('awake');
    }
  });

  it('a wake without a wait is not kept', async () => {
    const sleeper = new Sleeper();
    sleeper.wake();
    let isOver = false;
    const over = new AbortController();
    const waited = sleeper.wait(NEVER_MS, over.signal).then(() => (isOver = true));
    await sleep(1);
    expect(isOver).toBe(false);
    over.abort();
    await waited;
  });

  it('does not wait at all under an aborted signal', async () => {
    expect(await new Sleeper().wait(NEVER_MS, AbortSignal.abort())).toBeUndefined();
  });
});

describe('a time limit', () => {
  const never = new Promise<string>(() => {});

  it('gives the answer that is in time', async () => {
    expect(await withTimeout(Promise.resolve('answer'), NEVER_MS, () => 'late')).toBe('answer');
  });

  it('gives the other answer, or throws it, when time is over', async () => {
    expect(await withTimeout(never, 1, () => 'late')).toBe('late');
    const thrown = withTimeout(never, 1, () => {
      throw new Error('no answer in time');
    });
    await expect(thrown).rejects.toThrow('no answer in time');
  });

  it('passes a failure in time on, and drops a late one', async () => {
    await expect(withTimeout(Promise.reject(new Error('broken')), NEVER_MS, () => 'late')).rejects.toThrow('broken');
    const failing = sleep(5).then(() => {
      throw new Error('too late to matter');
    });
    expect(await withTimeout(failing, 1, () => 'late')).toBe('late');
    await sleep(10);
  });
});
