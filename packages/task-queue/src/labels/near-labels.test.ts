import { expect, test } from 'vitest';
import { nearLabels } from './near-labels.ts';

const near = (given: string, ...known: string[]): string[] => nearLabels(given, known, 5);

test.each<[string, string[], string[]]>([
  ['Skeptic', ['skeptic', 'debater'], ['skeptic']],
  ['skeptik', ['skeptic', 'septic', 'sceptic', 'antiseptic'], ['skeptic', 'sceptic', 'septic']],
  ['q7', ['q-7', 'q-8', 'quest'], ['q-7', 'q-8']],
  ['code review', ['code-review', 'code_review'], ['code-review', 'code_review']],
  ['ｓｋｅｐｔｉｃ', ['skeptic'], ['skeptic']],
  ['skpetic', ['skeptic'], ['skeptic']],
  ['ab', ['cd', 'abcd'], []],
  ['same', ['same'], []],
])('%s of %j', (given, known, expected) => {
  expect(near(given, ...known)).toEqual(expected);
});

test('no more than asked for, the nearest first', () => {
  expect(nearLabels('agent-1', ['agent-22', 'agent-2', 'Agent-1', 'agent-3'], 2)).toEqual(['Agent-1', 'agent-2']);
});
