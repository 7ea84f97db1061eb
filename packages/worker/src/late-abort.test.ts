import { expect, test } from 'vitest';
import { LateAbort } from './late-abort.ts';

test('its signal is the same as that of an AbortController, whenever it is asked for', () => {
  const [before, after] = [new LateAbort(), new LateAbort()];
  const { signal } = before;
  for (const abort of [before, after]) abort.abort(new Error('enough'));
  for (const asked of [signal, before.signal, after.signal]) {
    expect(asked.aborted).toBe(true);
    expect(() => asked.throwIfAborted()).toThrow('enough');
  }
  expect(before.signal).toBe(signal);
});

test('the first reason counts, and listeners are told once', () => {
  const abort = new LateAbort();
  const told: string[] = [];
  abort.onAbort(() => told.push('kept'));
  abort.onAbort(() => told.push('taken back'))();
  expect(abort.aborted).toBe(false);
  expect(abort.reason).toBeUndefined();
  abort.throwIfAborted();
  abort.abort(new Error('first'));
  abort.abort(new Error('second'));
  expect(told).toEqual(['kept']);
  expect(() => abort.throwIfAborted()).toThrow('first');
  const unsaid = new LateAbort();
  unsaid.abort();
  expect(unsaid.reason).toMatchObject({ name: 'AbortError' });
});
