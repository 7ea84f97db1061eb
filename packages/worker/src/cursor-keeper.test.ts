import { describe, expect, test } from 'vitest';
import { CursorKeeper } from './cursor-keeper.ts';

describe('without a loop', () => {
  test('nothing was saved: the former cursor is left as it is', () => {
    expect(new CursorKeeper({ page: 3 }).current).toBeUndefined();
  });

  test('the value saved last is handed over, as it was when it was saved', () => {
    const cursor = new CursorKeeper(null);
    const found = ['a'];
    cursor.save({ found });
    found.push('b');
    expect(cursor.current).toEqual({ found: ['a'] });
    cursor.save('page-7');
    expect(cursor.current).toBe('page-7');
  });
});

describe('in a loop', () => {
  test('begins where the former run left off, and at the beginning after anything else', () => {
    expect(new CursorKeeper({ index: 4 }).beginLoop()).toBe(4);
    for (const former of [
      null,
      undefined,
      4,
      'x',
      [4],
      { index: -1 },
      { index: '4' },
      { index: 0.5 },
      { index: Infinity },
    ]) {
      expect(new CursorKeeper(former).beginLoop()).toBe(0);
    }
  });

  test('counts iterations that were done, not one that was cut short', () => {
    const cursor = new CursorKeeper({ index: 4 });
    cursor.beginLoop();
    expect(cursor.current).toEqual({ index: 4 });
    cursor.beginIteration();
    cursor.endIteration({ done: true });
    cursor.beginIteration();
    expect(cursor.current).toEqual({ index: 5 });
    cursor.endIteration({ done: false });
    expect(cursor.current).toEqual({ index: 5 });
  });

  test('what an iteration saves counts together with it: cut short, neither does', () => {
    const cursor = new CursorKeeper({ index: 1, found: 1 });
    cursor.beginLoop();
    cursor.beginIteration();
    cursor.save({ found: 2 });
    expect(cursor.current).toEqual({ index: 1, found: 1 });
    cursor.endIteration({ done: true });
    expect(cursor.current).toEqual({ index: 2, found: 2 });
    cursor.beginIteration();
    cursor.save({ found: 99 });
    cursor.endIteration({ done: false });
    expect(cursor.current).toEqual({ index: 2, found: 2 });
  });

  test('a run does the item again in which it left the loop, unless it has gone on since', () => {
    const cursor = new CursorKeeper(null);
    cursor.beginLoop();
    expect(cursor.whereLeft).toEqual({ index: 0 });
    cursor.beginIteration();
    cursor.save({ found: 1 });
    cursor.endIteration({ done: true });
    cursor.beginIteration();
    cursor.save({ found: 2 });
    cursor.endIteration({ done: true, left: true });
    expect(cursor.whereLeft).toEqual({ index: 1, found: 1 });
    expect(cursor.current).toEqual({ index: 2, found: 2 });
    cursor.save({ found: 3 });
    expect(cursor.whereLeft).toEqual({ index: 2, found: 3 });
  });

  test('a checkpoint after the loop says that the item counts, with what was saved in it', () => {
    const cursor = new CursorKeeper(null);
    cursor.beginLoop();
    cursor.beginIteration();
    cursor.save({ found: 1 });
    cursor.goesOn(); // a checkpoint inside an item says nothing
    cursor.endIteration({ done: true, left: true });
    expect(cursor.whereLeft).toEqual({ index: 0 });
    cursor.goesOn();
    expect(cursor.whereLeft).toEqual({ index: 1, found: 1 });
  });

  test('refuses what could not stand beside its place, and a second loop', () => {
    const cursor = new CursorKeeper(null);
    cursor.beginLoop();
    expect(() => cursor.save(7)).toThrow(TypeError);
    expect(() => cursor.beginLoop()).toThrow('iterate() once');
  });
});
