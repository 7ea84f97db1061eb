// Runs a shell script as a command, for a test that kills this process meanwhile.
import { runCommand } from '../src/index.ts';

const [, , script = ''] = process.argv;
await runCommand({
  command: ['/bin/sh', '-c', script],
  env: process.env,
  timeLimitMs: 60_000,
  graceMs: 300,
  keepBytes: { head: 0, tail: 1_000 },
});
