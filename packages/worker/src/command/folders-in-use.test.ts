import { expect, test } from 'vitest';
import { FoldersInUse } from './folders-in-use.ts';

test('two runs in one folder are both not alone, for as long as either stays', () => {
  const folders = new FoldersInUse();
  const [first, elsewhere] = [folders.enter('/a'), folders.enter('/b')];
  expect([first.alone, elsewhere.alone]).toEqual([true, true]);
  const second = folders.enter('/a');
  expect([first.alone, second.alone, elsewhere.alone]).toEqual([false, false, true]);
  first.leave();
  expect(second.alone).toBe(false);
  second.leave();
  expect(folders.enter('/a').alone).toBe(true);
});
