import type { OutcomeKind } from '@orchestra/task-queue/contract';

export interface PreflightProblem {
  /** What kind of thing is wrong: a closed list for each runner, and the rows of the outcome table. */
  code: string;
  says: string;
  fix: string;
}

/** What a runner found in its environment. */
export interface Preflight {
  ok: boolean;
  checked_at: string;
  /** environment: it stays so until somebody repairs it; transient: it may be gone by itself. */
  outcome: OutcomeKind;
  /** What it looked at, in order. What depends on something that failed is not looked at. */
  checks: { name: string; ok: boolean; says: string }[];
  problems: PreflightProblem[];
}

/** A preflight in the making. */
export class PreflightNotes {
  readonly found: Preflight = {
    ok: true,
    checked_at: new Date().toISOString(),
    outcome: 'passed',
    checks: [],
    problems: [],
  };

  good(name: string, says: string): void {
    this.found.checks.push({ name, ok: true, says });
  }

  /** One that stays outweighs one that may be gone by itself. */
  bad(
    name: string,
    {
      code,
      says,
      fix,
      outcome = 'environment',
    }: { code: string; says: string; fix: string | null; outcome?: 'environment' | 'transient' },
  ): void {
    this.found.ok = false;
    if (this.found.outcome !== 'environment') this.found.outcome = outcome;
    this.found.checks.push({ name, ok: false, says });
    this.found.problems.push({ code, says, fix: fix ?? 'look at what it says' });
  }
}

/** Looks, and never rejects: that nobody could look is a finding as well. */
export async function preflightBy(look: (notes: PreflightNotes) => Promise<void>): Promise<Preflight> {
  const notes = new PreflightNotes();
  try {
    await look(notes);
  } catch (error) {
    const says = `the preflight could not be made: ${error instanceof Error ? error.message : String(error)}`;
    notes.bad('preflight', {
      code: 'preflight_failed',
      says,
      fix: 'look at the machine of this runner',
      outcome: 'transient',
    });
  }
  return notes.found;
}
