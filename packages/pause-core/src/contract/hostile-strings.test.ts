import { HOSTILE_STRINGS } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { label, reason } from './text.ts';

test('there are two hundred, each another', () => {
  expect(new Set(HOSTILE_STRINGS.map(({ text }) => text)).size).toBe(200);
  expect(new Set(HOSTILE_STRINGS.map(({ name }) => name)).size).toBe(200);
});

test.each(HOSTILE_STRINGS)('$name: as a label $label, as a reason $reason', (hostile) => {
  expect(label.safeParse(hostile.text).success).toBe(hostile.label);
  expect(reason.safeParse(hostile.text).success).toBe(hostile.reason);
});
