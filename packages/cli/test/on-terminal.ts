import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { RUN } from './orchestra.ts';

/** A command on a terminal, as somebody sits before it. */
export interface OnTerminal {
  /** All that was drawn, with the codes that draw it. */
  shown: () => string;
  type: (keys: string) => void;
  /** Waits for its end and answers the exit code; null: by a signal. */
  ended: () => Promise<number | null>;
}

/** Starts a command on a terminal of its own, as `script` makes one. Ended with the test at the latest. */
export function onTerminal(args: readonly string[], env: Record<string, string>, columns = 120): OnTerminal {
  const command = [process.execPath, RUN, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty rows 40 columns ${columns}; exec ${command}`, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  let shown = '';
  child.stdout.on('data', (bytes) => {
    shown += String(bytes);
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  onTestFinished(async () => {
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
  });
  return {
    shown: () => shown,
    type: (keys) => {
      child.stdin.write(keys);
    },
    ended: () => ended,
  };
}
