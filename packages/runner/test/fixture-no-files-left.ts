// Runs a command with no file descriptor left to run it with, and tells what that is.
import { openSync, writeSync } from 'node:fs';
import { factsOf, judgeOutcome, runToItsEnd } from '../src/index.ts';

try {
  for (;;) openSync('/dev/null', 'r');
} catch {
  // EMFILE: now there are none
}
const command = ['true'];
const end = await runToItsEnd({
  command,
  env: process.env,
  timeLimitMs: 10_000,
  graceMs: 300,
  keepBytes: { head: 0, tail: 1_000 },
});
writeSync(1, JSON.stringify(judgeOutcome(factsOf(command, end).facts)));
