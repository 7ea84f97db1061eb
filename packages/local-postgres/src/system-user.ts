import { LocalPostgresError } from './errors.ts';
import { runProgram } from './run-program.ts';

/** Another user of this machine, to run a program as. Only root can. */
export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

const NAME = 'postgres';
const TIMEOUT_MS = 10_000;

/**
 * PostgreSQL refuses to run as root. Who runs it instead: undefined where this process is not root anyway, else the
 * system user `postgres`, made where there is none.
 *
 * @throws {LocalPostgresError} `no_system_user`
 */
export async function serverUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = await lookUp();
  if (known) return known;
  const made = await runProgram(
    'useradd',
    ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME],
    { timeoutMs: TIMEOUT_MS },
  );
  const user = await lookUp();
  if (user) return user;
  throw new LocalPostgresError(
    'no_system_user',
    `PostgreSQL refuses to run as root, and a system user "${NAME}" could not be made ` +
      `(${made.output.trim() || 'useradd failed'}): make one, start as another user, or set DATABASE_URL`,
  );
}

async function lookUp(): Promise<SystemUser | undefined> {
  const uid = await idOf('-u');
  const gid = await idOf('-g');
  return uid === undefined || gid === undefined ? undefined : { name: NAME, uid, gid };
}

async function idOf(flag: '-u' | '-g'): Promise<number | undefined> {
  const { code, output } = await runProgram('id', [flag, NAME], { timeoutMs: TIMEOUT_MS });
  return code === 0 ? Number(output.trim()) : undefined;
}
