import { Args, Command, Flags } from '@oclif/core';
import { expect, test } from 'vitest';
import { COMMAND_FILES } from './commands.ts';
import { hintFor, nearestCommand } from './did-you-mean.ts';

class Called extends Command {
  static override examples = ['<%= config.bin %> senate pause agent skeptic --reason "runaway loop" --ttl 30m'];
  static override args = { kind: Args.string({ options: ['agent', 'skill'] }) };
  static override flags = {
    reason: Flags.string(),
    ttl: Flags.string(),
    then: Flags.string({ options: ['resume', 'stay'] }),
    actor: Flags.string({ helpValue: 'ID' }),
  };
  run(): Promise<void> {
    return Promise.resolve();
  }
}

test.each([
  ['Nonexistent flag: --reson', 'did you mean --reason?'],
  ['Nonexistent flags: --resaon, --jsn', 'did you mean --reason, --json?'],
  ['Nonexistent flag: --nothing-like-it', undefined],
  ['Expected agnt to be one of: agent, skill', 'did you mean agent?'],
  ['Expected --then=resmue to be one of: resume, stay', 'did you mean resume?'],
  ['Expected banana to be one of: agent, skill', undefined],
  ['Flag --ttl expects a value', 'for example --ttl 30m'],
  ['Flag --reason expects a value', 'for example --reason "runaway loop"'],
  ['Flag --then expects a value', 'for example --then resume'],
  ['Flag --actor expects a value', 'for example --actor ID'],
  ['Missing required flag reason', undefined],
])('%s: %s', (message, hint) => {
  expect(hintFor(`${message}\nSee more help with --help`, Called)).toBe(hint);
});

const KNOWN = Object.keys(COMMAND_FILES).map((id) => id.replaceAll(':', ' '));

test.each([
  ['senate puase agent skeptic --reason x', 'senate pause'],
  ['tsak why 7', 'task why'],
  ['stauts', 'status'],
  ['senate alerts akc 7', 'senate alerts ack'],
  ['gibberish', undefined],
  ['--nothing', undefined],
])('%s: %s', (line, command) => {
  expect(nearestCommand(line.split(' '), KNOWN)).toBe(command);
});
