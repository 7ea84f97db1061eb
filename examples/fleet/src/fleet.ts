// The fleet: `npx pnpm fleet [--repo PATH] [--once] [--pace MS]`.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clientSettingsFromEnv, createClient } from '@orchestra-brake/client';
import { runFleet } from './run-fleet.ts';
import { wholeNumber } from './whole-number.ts';

const USAGE = `usage: fleet [--repo PATH] [--once] [--pace MS]

  --repo PATH  the git repository to work on; the one around the current folder unless given
  --once       one sweep over it, then end; otherwise the agents begin anew whenever they are through
  --pace MS    at least this long for each file or round; 100 unless given, with --once 0
`;
// So that there is something to see, and to pause, in a small repository.
const WATCHING_PACE_MS = '100';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      repo: { type: 'string', default: '.' },
      once: { type: 'boolean', default: false },
      pace: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const paceMs = wholeNumber('--pace', values.pace ?? (values.once ? '0' : WATCHING_PACE_MS), { max: 60_000 });

  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  const report = await runFleet({
    client: createClient(clientSettingsFromEnv(process.env)),
    // pnpm runs scripts in the repository's folder; where the caller stood is what a relative path is relative to.
    repo: resolve(process.env['INIT_CWD'] ?? process.cwd(), values.repo),
    once: values.once,
    paceMs,
    env: process.env,
    say: (line) => process.stdout.write(`${line}\n`),
    signal: stopping.signal,
  });
  return report.givenUp || report.failed > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof TypeError;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${isUsage ? USAGE : ''}`);
  process.exitCode = isUsage ? 2 : 1;
}
