import { expect, test } from 'vitest';
import { prepareLabels, readLabels, type BrakeLabels } from './brake-labels.ts';

test('labels have the names of the REST calls', () => {
  expect(readLabels({ agent_id: 'skeptic', skill: 'debate', quest_id: 'q-7', actor_id: 'acct-7' })).toEqual({
    agentId: 'skeptic',
    skill: 'debate',
    questId: 'q-7',
    actorId: 'acct-7',
  });
  expect(readLabels({ agent_id: 'skeptic', skill: undefined })).toEqual({ agentId: 'skeptic' });
});

test.each<[string, Record<string, string>, string]>([
  [
    'the name that the library uses inside',
    { agentId: 'skeptic' },
    'no pause can name "agentId"; the labels are agent_id, skill, quest_id, actor_id',
  ],
  [
    'a name that every object has',
    { constructor: 'skeptic' },
    'no pause can name "constructor"; the labels are agent_id, skill, quest_id, actor_id',
  ],
  ['a blank value', { agent_id: ' ' }, 'the label agent_id is blank: leave it out, or say what it is'],
  [
    'a blank value beside one of other letters',
    { agent_id: 'Ångström', skill: '' },
    'the label skill is blank: leave it out, or say what it is',
  ],
  ['nothing', {}, 'give at least one label: agent_id, skill, quest_id, actor_id'],
])('%s is refused, because it would never be paused', (_, labels: BrakeLabels, message) => {
  expect(() => readLabels(labels)).toThrow(new TypeError(message));
  expect(() => prepareLabels(labels)).toThrow(new TypeError(message));
});

test('prepared labels are a copy that cannot be changed, and read as the labels that they are made of', () => {
  const labels: BrakeLabels = { agent_id: 'Ångström', skill: 'debate' };
  const prepared = prepareLabels(labels);
  labels.agent_id = 'librarian';
  expect({ ...prepared }).toEqual({ agent_id: 'Ångström', skill: 'debate' });
  expect(readLabels(prepared)).toEqual({ agentId: 'Ångström', skill: 'debate' });
  expect(() => Object.assign(prepared, { skill: 'other' })).toThrow(TypeError);
  expect(prepareLabels(prepared)).toBe(prepared);
});
