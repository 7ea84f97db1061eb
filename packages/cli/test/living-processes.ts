import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

interface Process {
  pid: number;
  parent: number;
  /** It has ended, and only its entry is left until its parent looks. */
  isZombie: boolean;
  command: string;
}

async function processes(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], {
    maxBuffer: 64 * 1_024 * 1_024,
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid = '', parent = '', state = '', ...command] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), isZombie: state.startsWith('Z'), command: command.join(' ') };
    });
}

/** Which of these processes are still there. */
export async function living(pids: readonly number[]): Promise<number[]> {
  return (await processes()).filter(({ pid, isZombie }) => !isZombie && pids.includes(pid)).map(({ pid }) => pid);
}

/** What this process has started, and what that has started, with the command lines. */
export async function descendants(pid: number): Promise<{ pid: number; command: string }[]> {
  const all = (await processes()).filter(({ isZombie }) => !isZombie);
  const found: Process[] = [];
  for (let parents = [pid]; parents.length > 0;) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}
