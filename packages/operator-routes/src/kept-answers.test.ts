import { expect, test } from 'vitest';
import { KeptAnswers } from './kept-answers.ts';

test('who asks the same while an answer is fresh, or being read, gets that one; another question is read by itself', async () => {
  const kept = new KeptAnswers<number>(60_000);
  let readings = 0;
  const read = async (): Promise<number> => ++readings;
  const [first, second] = await Promise.all([kept.get('a', read), kept.get('a', read)]);
  expect([first.answer, second.answer, (await kept.get('a', read)).answer, (await kept.get('b', read)).answer]).toEqual(
    [1, 1, 1, 2],
  );
});

test('an answer that has grown old is read anew', async () => {
  const kept = new KeptAnswers<number>(0);
  let readings = 0;
  const read = async (): Promise<number> => ++readings;
  expect([(await kept.get('a', read)).answer, (await kept.get('a', read)).answer]).toEqual([1, 2]);
});

test('a reading that failed is told to whoever asked, and not kept', async () => {
  const kept = new KeptAnswers<string>(60_000);
  await expect(kept.get('a', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect((await kept.get('a', async () => 'back')).answer).toBe('back');
});

test('of very many questions the oldest are forgotten', async () => {
  const kept = new KeptAnswers<number>(60_000);
  for (let n = 0; n <= 100; n++) await kept.get(String(n), async () => n);
  expect((await kept.get('0', async () => -1)).answer).toBe(-1);
  expect((await kept.get('100', async () => -1)).answer).toBe(100);
});

test('a reading that takes longer than an answer is kept is shared all the same', async () => {
  const slow = new KeptAnswers<number>(0);
  const reading = Promise.withResolvers<number>();
  let readings = 0;
  const read = (): Promise<number> => {
    readings += 1;
    return reading.promise;
  };
  const both = [slow.get('', read), slow.get('', read)];
  reading.resolve(7);
  expect((await Promise.all(both)).map(({ answer }) => answer)).toEqual([7, 7]);
  expect(readings).toBe(1);
});
