import { expect, test } from 'vitest';
import { ServerTrouble } from './server-trouble.ts';

const answered = (code: string): Error => Object.assign(new Error('the server says no'), { code });

test('a full disk is remembered for a while, and forgotten when nothing more comes', () => {
  let nowMs = 1_000;
  const trouble = new ServerTrouble(() => nowMs);
  expect(trouble.words).toBeUndefined();
  trouble.note(new Error('wrapped', { cause: answered('53100') }));
  expect(trouble.words).toBe('its disk is full');
  nowMs += 14_000;
  trouble.note(answered('23505'));
  trouble.note(new Error('no code'));
  expect(trouble.words).toBe('its disk is full');
  nowMs += 1_000;
  expect(trouble.words).toBeUndefined();
});
