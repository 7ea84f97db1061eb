import { COVER_CASES } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { comparePrecedence, type ActivePause } from './pause.ts';
import { PauseIndex } from './replica/pause-index.ts';
import { covers, inOrder, isSameScope, LABEL_KINDS, scopeText, type ScopeKind } from './scope.ts';

const labels = { agentId: 'x', skill: 'x', questId: 'x', actorId: 'x' };
const LABEL = { agent: 'agentId', skill: 'skill', quest: 'questId', actor: 'actorId' } as const;

test.each(LABEL_KINDS)('a pause on an %s looks at that label and at no other', (kind) => {
  expect(covers({ kind, value: 'x' }, labels)).toBe(true);
  expect(covers({ kind, value: 'x' }, { ...labels, [LABEL[kind]]: 'y' })).toBe(false);
  expect(covers({ kind, value: 'x' }, { [LABEL[kind]]: 'x' })).toBe(true);
});

test('one name in two spellings of Unicode is one label', () => {
  expect(covers({ kind: 'agent', value: 'Jos\u00e9' }, { agentId: 'Jose\u0301' })).toBe(true);
  expect(covers({ kind: 'agent', value: 'Jose\u0301' }, { agentId: 'Jos\u00e9' })).toBe(true);
  expect(covers({ kind: 'agent', value: 'Jos\u00e9' }, { agentId: 'Jose' })).toBe(false);
});

test.each(COVER_CASES)(
  'P19 a pause on $scope over $labels: $covered',
  ({ scope, labels: { agent_id: agentId, skill, quest_id: questId, actor_id: actorId }, covered }) => {
    expect(covers(scope, { agentId, skill, questId, actorId })).toBe(covered);
    expect(covers(inOrder(scope), { agentId, skill, questId, actorId })).toBe(covered);
    const pauseOn = { ...pause('agent', null), scope: inOrder(scope) };
    expect(new PauseIndex([pauseOn], 0).find({ agentId, skill, questId, actorId }, 0)?.pause).toBe(
      covered ? pauseOn : undefined,
    );
  },
);

test('P19 the order in which labels are named, and their spelling, do not matter', () => {
  const one = inOrder({ kind: 'quest', value: 'Jose\u0301', also: { agent: 'a', quest: 'Jos\u00e9' } });
  expect(one).toEqual({ kind: 'agent', value: 'a', also: { quest: 'Jos\u00e9' } });
  expect(isSameScope(one, { kind: 'agent', value: 'a', also: { quest: 'Jose\u0301' } })).toBe(true);
  expect(isSameScope(one, { kind: 'agent', value: 'a' })).toBe(false);
  expect(inOrder({ kind: 'agent', value: 'a', also: {} })).toEqual({ kind: 'agent', value: 'a' });
  expect(scopeText(one)).toBe('agent a + quest Jos\u00e9');
  expect(scopeText({ kind: 'fleet', value: '*' })).toBe('the whole fleet');
});

test('a null or missing label is covered by no pause of a label', () => {
  expect(covers({ kind: 'agent', value: 'null' }, { agentId: null })).toBe(false);
  expect(covers({ kind: 'agent', value: 'undefined' }, {})).toBe(false);
});

function pause(kind: ScopeKind, remainingMs: number | null, id = '1'): ActivePause {
  return {
    id,
    scope: { kind, value: 'x' },
    reason: '',
    source: 'person',
    pausedAt: new Date(0),
    pausedBy: 'dana',
    ttlSeconds: null,
    clearedAt: null,
    clearedBy: null,
    quietAt: null,
    endsAs: 'resume',
    stayedAt: null,
    probingAt: null,
    probeTaskId: null,
    warnedAt: null,
    remainingMs,
  };
}

test('which pause is named: fleet, actor, agent, skill, quest; then the one that ends last; then the older one', () => {
  const named = [
    pause('fleet', 1),
    pause('actor', 1),
    pause('agent', null),
    pause('agent', 500),
    pause('agent', 100),
    pause('skill', null, '3'),
    pause('skill', null, '20'),
    pause('quest', null),
  ];
  for (let turn = 0; turn < named.length; turn++) {
    const shuffled = [...named.slice(turn), ...named.slice(0, turn)].toReversed();
    expect(shuffled.toSorted(comparePrecedence)).toEqual(named);
  }
});
