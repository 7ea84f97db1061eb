import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CLI, StartedProcess } from '@orchestra/example-acceptance';

const CAREFUL_AGENT = fileURLToPath(new URL('careful-agent.ts', import.meta.url));
const STOP_WAIT_MS = 10_000;

export interface CommandWorkerOptions {
  skill: string;
  concurrency: number;
  /** Below it each task has a working folder of its own. */
  folder: string;
  env: NodeJS.ProcessEnv;
}

/** Starts `orchestra worker -- node careful-agent.ts` as a process. */
export function startCommandWorker({ skill, concurrency, folder, env }: CommandWorkerOptions): StartedProcess {
  const args = [
    'worker',
    '--skill',
    skill,
    '--concurrency',
    String(concurrency),
    '--folder',
    folder,
    '--time-limit',
    '1m',
    '--',
    process.execPath,
    CAREFUL_AGENT,
  ];
  return new StartedProcess(spawn(process.execPath, [CLI, ...args], { env, stdio: 'ignore' }), STOP_WAIT_MS);
}
