import { TTL_SECONDS_MAX } from '@orchestra/pause-core/contract';
import { expect, test } from 'vitest';
import { EXIT } from '../failure.ts';
import { DURATION_MAX_SECONDS, parseDuration } from './duration.ts';

test.each([
  ['1s', 1],
  ['90s', 90],
  ['30m', 1_800],
  ['1h30m', 5_400],
  ['1h 30m', 5_400],
  ['2d', 172_800],
  ['1w', 604_800],
  ['1.5h', 5_400],
  ['2 days', 172_800],
  ['45 sec', 45],
  ['10 minutes', 600],
  [' 5m ', 300],
  ['2H', 7_200],
  ['10y', 315_576_000],
])('%s is %i seconds', async (text, seconds) => {
  expect(await parseDuration(text)).toBe(seconds);
});

test.each([
  ['90', 'say 90s or 90m'],
  ['0', 'say 0s or 0m'],
  ['1.5', 'say 1.5s or 1.5m'],
])('a bare number is refused: %s', async (text, hint) => {
  await expect(parseDuration(text)).rejects.toMatchObject({
    exitCode: EXIT.usage,
    message: expect.stringContaining(hint),
  });
});

test.each(['', 'soon', '-5m', '1h30', '30 m and a bit', '5mo', '500ms', '1e3s', '∞', '１m', '30m;1h', '0x10s'])(
  'what is not a duration is refused: %j',
  async (text) => {
    await expect(parseDuration(text)).rejects.toMatchObject({ exitCode: EXIT.usage });
  },
);

test.each(['0s', '0.5s', '1.0001s', '11y', '99999999999999999999d'])('out of bounds or not whole: %s', async (text) => {
  await expect(parseDuration(text)).rejects.toMatchObject({ exitCode: EXIT.usage });
});

test('the longest duration is the longest that the contract takes', () => {
  expect(DURATION_MAX_SECONDS).toBe(TTL_SECONDS_MAX);
});
