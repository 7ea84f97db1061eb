import { expect, test } from 'vitest';
import { calledCommand } from './commands.ts';

test.each([
  [['senate', 'pause', 'agent', 'skeptic', '--reason', 'r'], 'senate:pause'],
  [['queue'], 'queue'],
  [['queue', '--watch'], 'queue'],
  [['queue', 'labels', '--by', 'agent'], 'queue:labels'],
  [['senate', 'alerts', 'ack', '17'], 'senate:alerts:ack'],
  [['worker', '--skill', 'lint', '--', 'node', '--help'], 'worker'],
  [['pause', 'agent', 'skeptic'], 'pause'],
  [['worker', '--skill', 'lint', '--', 'node', '-h'], 'worker'],
  [['queue', '--help'], undefined],
  [['queue', '-h'], undefined],
  [['senate'], undefined],
  [['senate', 'explode'], undefined],
  [['help', 'queue'], undefined],
  [['toString'], undefined],
  [['--version'], undefined],
  [[], undefined],
])('%j calls %s', (argv, id) => {
  expect(calledCommand(argv)).toBe(id);
});
