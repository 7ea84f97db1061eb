import { withCommandName } from '../command-name.ts';

/** What one check has found. */
export interface Finding {
  check: string;
  /**
   * `warning`: it works, and somebody should know. `skipped`: it could not be looked at from here, which says nothing
   * about whether it is well.
   */
  outcome: 'ok' | 'warning' | 'failed' | 'skipped';
  says: string;
  /** What to do; null: nothing. */
  fix: string | null;
}

export function ok(check: string, says: string): Finding {
  return { check, outcome: 'ok', says, fix: null };
}

export function failed(check: string, says: string, fix: string): Finding {
  return { check, outcome: 'failed', says, fix: withCommandName(fix) };
}

export function skipped(check: string, says: string): Finding {
  return { check, outcome: 'skipped', says, fix: null };
}

export function warning(check: string, says: string, fix: string): Finding {
  return { check, outcome: 'warning', says, fix: withCommandName(fix) };
}
