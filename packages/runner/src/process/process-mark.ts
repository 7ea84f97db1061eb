import { randomUUID } from 'node:crypto';

/** The variable by which the descendants of a command are known, wherever in the process table they have gone. */
const MARK_VARIABLE = 'ORCHESTRA_PROCESS_MARKS';

// Commands that run commands: each adds its own mark to those that it was given, so that the outermost still finds
// everything.
const MARKS_MAX = 50;

/** A new mark, and the environment in which a command carries it. */
export function markedEnvironment(env: NodeJS.ProcessEnv): { mark: string; env: NodeJS.ProcessEnv } {
  const mark = randomUUID();
  const marks = (env[MARK_VARIABLE] ?? '')
    .split(' ')
    .filter((former) => former !== '')
    .slice(0, MARKS_MAX);
  return { mark, env: { ...env, [MARK_VARIABLE]: [...marks, mark].join(' ') } };
}
