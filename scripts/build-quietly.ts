// Builds what `pnpm start` needs, and says no more than that where it goes well: the first screen belongs to Orchestra.
import { spawnSync } from 'node:child_process';

console.error('building (ten seconds the first time)');
const { status, stdout, error } = spawnSync('turbo', ['run', 'build', '--output-logs=errors-only'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'pipe'],
  maxBuffer: 64 * 1024 * 1024,
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', FORCE_COLOR: '0' },
});
if (error !== undefined) console.error(`turbo could not be started: ${error.message}`);
else if (status !== 0) console.error(stdout);
process.exitCode = status ?? 1;
