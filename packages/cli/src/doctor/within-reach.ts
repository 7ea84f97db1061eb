import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { profilesPath, readProfiles } from '../profile/profiles-file.ts';
import type { FoundSettings } from '../profile/settings.ts';
import { failed, ok, warning, type Finding } from './finding.ts';
import { manualPage } from '@orchestra/service-shell/manual';

const OTHERS_MAY_READ = 0o077;
const FIX =
  `run workers as another user than the one that owns it: ${manualPage('operations.md')}, "Run workers ` +
  'as another user"';

/**
 * Whether a command that a worker of this user runs could read a token, or a database's address, that lifts a pause.
 * undefined: there is no such file.
 */
export function checkWithinReach({ home, profile }: Pick<FoundSettings, 'home' | 'profile'>): Finding | undefined {
  const files = home === undefined ? [] : [join(home, 'admin-token'), join(home, 'database-url')];
  if (profile !== null && Object.values(readProfiles().profiles).some(({ token }) => token !== undefined))
    files.push(profilesPath());
  const there = files.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ path, stat }];
  });
  if (there.length === 0) return undefined;
  const check = 'reach of commands';
  const open = process.platform === 'win32' ? undefined : there.find(({ stat }) => (stat.mode & OTHERS_MAY_READ) !== 0);
  if (open !== undefined) return failed(check, `${open.path} may be read by other users`, `chmod 600 ${open.path}`);
  const mine = there.find(({ path, stat }) => stat.uid === process.getuid?.() && isReadable(path));
  if (mine !== undefined)
    return warning(check, `a command of a worker that this user runs could read ${mine.path} and lift a pause`, FIX);
  return ok(check, `what ${home ?? profilesPath()} keeps belongs to another user`);
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
