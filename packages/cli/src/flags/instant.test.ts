import { expect, test } from 'vitest';
import { EXIT } from '../failure.ts';
import { parseInstant } from './instant.ts';

const NOW = Date.parse('2026-11-21T03:00:00Z');

test.each([
  ['2h', '2026-11-21T01:00:00.000Z'],
  ['1d', '2026-11-20T03:00:00.000Z'],
  ['2026-11-20', '2026-11-20T00:00:00.000Z'],
  ['2026-11-20T10:00:00Z', '2026-11-20T10:00:00.000Z'],
  ['2026-11-20T10:00+02:00', '2026-11-20T08:00:00.000Z'],
])('%s is %s', async (text, instant) => {
  expect(await parseInstant(text, () => NOW)).toBe(instant);
});

test.each(['yesterday', '2026-13-40', '2026-11-20 10:00', '2026-11-20T10:00', '90', ''])(
  '%j is refused',
  async (text) => {
    await expect(parseInstant(text, () => NOW)).rejects.toMatchObject({ exitCode: EXIT.usage });
  },
);
