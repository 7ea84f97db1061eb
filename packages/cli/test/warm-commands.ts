import { fork, type ChildProcess } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const PROGRAM = fileURLToPath(new URL('warm-process.ts', import.meta.url));
// Each keeps some 100 MB. A test that runs more commands at once starts more, which end with their command.
const IDLE_MAX = 2;

export interface CommandLine {
  args: readonly string[];
  env: Record<string, string>;
  cwd: string;
  /** What the command reads on standard input. */
  input: string;
}

const answer = z.strictObject({ code: z.number(), stdout: z.string(), stderr: z.string() });

/** How a command ended; `code` is null where a signal ended its process. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const idle: ChildProcess[] = [];

/**
 * Runs a command line in a process that has run others before. What a crash leaves on standard error is in the
 * answer.
 */
export async function runWarm(command: CommandLine): Promise<Ended> {
  const child = idle.pop() ?? start();
  const crashed = Promise.withResolvers<Ended>();
  const answered = Promise.withResolvers<Ended>();
  const onExit = (code: number | null): void => {
    if (child.stderr === null) crashed.resolve({ code, stdout: '', stderr: '' });
    else void text(child.stderr).then((stderr) => crashed.resolve({ code, stdout: '', stderr }));
  };
  child.once('exit', onExit);
  child.once('message', (message) => answered.resolve(answer.parse(message)));
  hold(child, true);
  child.send(command);
  const ended = await Promise.race([answered.promise, crashed.promise]);
  child.off('exit', onExit);
  if (child.exitCode === null && child.signalCode === null && idle.length < IDLE_MAX) {
    hold(child, false);
    idle.push(child);
  } else {
    child.kill();
  }
  return ended;
}

function start(): ChildProcess {
  const child = fork(PROGRAM, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
  child.setMaxListeners(0);
  return child;
}

/** Whether the test's process stays for this one. The warm process ends by itself when the test's process has ended. */
function hold(child: ChildProcess, busy: boolean): void {
  for (const handle of [child, child.channel]) {
    if (busy) handle?.ref();
    else handle?.unref();
  }
}
