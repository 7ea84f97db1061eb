import { stat } from 'node:fs/promises';
import { preflightBy, type Preflight, type PreflightNotes } from '../preflight-notes.ts';
import type { OwnEnd } from '../process/run-to-its-end.ts';
import { boundsOf } from '../runner-order.ts';
import { nothingBegun } from './nothing-begun.ts';
import { overSsh } from './run-staging.ts';
import { checkTarget, SshTargetError, type SshTarget } from './ssh-target.ts';

export interface StagingSettings extends SshTarget {
  command: readonly string[];
}

const TIME_LIMIT_MS = 30_000;
const GRACE_MS = 1_000;
const LINES_MAX = 5;
const LINE_CHARS_MAX = 300;
const PRESENT = 'orchestra-preflight-present';
const MISSING = 'orchestra-preflight-missing';
const LOOK = `if command -v -- "$1" >/dev/null 2>&1; then echo ${PRESENT}; else echo ${MISSING}; fi`;

/**
 * Proves that a staging runner could work: the files are there, the host is reached and is the one that is known, the
 * key is accepted, the command is present. Changes nothing anywhere. Never rejects and takes no more than its time
 * limit: a start need not wait for it, and goes on whatever it says.
 *
 * Codes: `settings_wrong`, `file_missing`, the rows of the outcome table for the channel, `command_missing`,
 * `preflight_failed`.
 */
export function preflightStaging(
  settings: StagingSettings,
  { timeLimitMs = TIME_LIMIT_MS, signal }: { timeLimitMs?: number; signal?: AbortSignal } = {},
): Promise<Preflight> {
  return preflightBy(async (notes) => {
    if (!settingsAreGood(settings, notes) || !(await filesAreThere(settings, notes))) return;
    const { user, host } = settings;
    const [program = ''] = settings.command;
    const { end, sshSaid } = await overSsh(
      settings,
      ['sh', '-c', LOOK, 'orchestra-preflight', program],
      boundsOf({ timeLimitMs, graceMs: GRACE_MS, signal }),
    );
    const said = end.stdout.text();
    if (!said.includes(PRESENT) && !said.includes(MISSING)) {
      noteChannel(settings, end, sshSaid, notes);
      return;
    }
    notes.good('channel', 'the host was reached, showed the key that is known of it, and accepted ours');
    if (said.includes(PRESENT)) notes.good('command', `${program} is present on the host`);
    else
      notes.bad('command', {
        code: 'command_missing',
        says: `${program} is missing on the host`,
        fix: `install ${program} on ${host}, for the user ${user}, or correct the command of the staging runner`,
      });
  });
}

function settingsAreGood(settings: StagingSettings, notes: PreflightNotes): boolean {
  const wrong = (says: string): boolean => {
    notes.bad('settings', { code: 'settings_wrong', says, fix: 'correct the settings of the staging runner' });
    return false;
  };
  try {
    const { user, host, port } = checkTarget(settings);
    if (settings.command.length === 0 || settings.command[0] === '')
      return wrong('there is no command to run on the host');
    notes.good('settings', `${user}@${host}, port ${port}`);
    return true;
  } catch (error) {
    if (error instanceof SshTargetError) return wrong(error.message);
    throw error;
  }
}

async function filesAreThere(
  { identityFile, knownHostsFile }: StagingSettings,
  notes: PreflightNotes,
): Promise<boolean> {
  for (const [what, path] of [
    ['private key', identityFile],
    ['known-hosts file', knownHostsFile],
  ] as const) {
    if ((await stat(path).catch(() => undefined))?.isFile() === true) {
      notes.good('files', `the ${what} is at ${path}`);
      continue;
    }
    notes.bad('files', {
      code: 'file_missing',
      says: `there is no ${what} at ${path}`,
      fix: `put the ${what} there, readable by the user of this runner alone, or correct the setting`,
    });
    return false;
  }
  return true;
}

function noteChannel({ user, host }: StagingSettings, end: OwnEnd, sshSaid: string, notes: PreflightNotes): void {
  const { outcome, evidence } = nothingBegun({
    command: ['ssh', `${user}@${host}`],
    end,
    said: [sshSaid, end.stderr.text(), end.stdout.text()].join('\n'),
  });
  notes.bad('channel', {
    code: evidence.row,
    says: withLines(evidence.says, evidence.lines),
    fix: evidence.fix,
    outcome: outcome === 'transient' ? 'transient' : 'environment',
  });
}

/** A person who reads of a failed preflight sees what there was to be seen. */
function withLines(says: string, lines: readonly string[]): string {
  const more = lines.filter((line) => !says.includes(line)).slice(0, LINES_MAX);
  return more.length === 0 ? says : `${says}; seen: ${more.map((line) => line.slice(0, LINE_CHARS_MAX)).join(' | ')}`;
}
