import { labelKind, pauseThen, role, scopeKind, severity } from '@orchestra/pause-core/contract';
import { taskStatus } from '@orchestra/task-queue/contract';
import { expect, test } from 'vitest';
import { loadCommands } from '../commands.ts';
import { knownCommands } from '../completion/known-commands.ts';
import { EXIT } from '../failure.ts';
import { givenScope } from './scope.ts';
import { checkThen } from './then.ts';

const commands = knownCommands(await loadCommands());

// Parsing a flag must not load the contract, so what it may be stands there once more.
test.each([
  ['senate:pauses', 'kind', scopeKind.options],
  ['queue:labels', 'by', labelKind.options],
  ['senate:pause', 'then', pauseThen.options],
  ['senate:extend', 'then', pauseThen.options],
  ['senate:alerts', 'severity', severity.options],
  ['task:list', 'status', taskStatus.options],
  ['token:create', 'role', role.options],
])('%s: what %s may be is what the contract takes', (id, name, options) => {
  const command = commands.find(({ words }) => words.join(':') === id);
  const values = name === 'kind' ? command?.firstArgument : command?.flags.find((flag) => flag.name === name)?.values;
  expect(new Set(values)).toEqual(new Set(options));
});

test('half a scope is wrong usage, none is none', () => {
  expect(givenScope({}, 'senate watch')).toBeUndefined();
  expect(givenScope({ kind: 'agent', value: 'skeptic' }, 'senate watch')).toEqual({ kind: 'agent', value: 'skeptic' });
  expect(() => givenScope({ kind: 'agent' }, 'senate watch')).toThrow(
    expect.objectContaining({
      exitCode: EXIT.usage,
      message: 'KIND needs a VALUE: for example `orchestra senate watch agent skeptic`',
    }),
  );
});

test('P19 labels may be named in any order, and the fleet alone', () => {
  const pair = { kind: 'agent', value: 'skeptic', also: { quest: 'q-7' } };
  expect(givenScope({}, 'senate pause', { quest: 'q-7', agent: 'skeptic' })).toEqual(pair);
  expect(givenScope({ kind: 'agent', value: 'skeptic' }, 'senate pause', { quest: 'q-7', agent: 'skeptic' })).toEqual(
    pair,
  );
  expect(givenScope({}, 'senate pause', { fleet: true })).toEqual({ kind: 'fleet', value: '*' });
  expect(givenScope({ kind: 'fleet', value: '*' }, 'senate pause')).toEqual({ kind: 'fleet', value: '*' });
  for (const [args, flags] of [
    [{ kind: 'agent', value: 'a' }, { agent: 'b' }],
    [{ kind: 'agent', value: 'a' }, { fleet: true }],
    [{}, { fleet: true, quest: 'q' }],
  ] as const) {
    expect(() => givenScope(args, 'senate pause', flags)).toThrow(expect.objectContaining({ exitCode: EXIT.usage }));
  }
});

test('what is to be done at the end needs an end', () => {
  for (const fine of [{}, { then: 'resume' }, { then: 'stay', ttl: 60 }, { ttl: 60 }])
    expect(() => checkThen(fine)).not.toThrow();
  expect(() => checkThen({ then: 'probe' })).toThrow(
    expect.objectContaining({ exitCode: EXIT.usage, message: expect.stringContaining('--then probe needs --ttl') }),
  );
});
