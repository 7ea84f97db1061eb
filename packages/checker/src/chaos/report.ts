import type { HistoryEvent } from '../history/event.ts';
import { countInversions } from '../history/assertions/places-are-kept.ts';
import { overlaps } from '../history/assertions/done-once.ts';
import { indexHistory } from '../history/indexed.ts';
import { judgeHistory } from '../history/judge-history.ts';
import type { History } from '../history/testimony.ts';
import type { Violation } from '../history/violation.ts';
import type { ChaosRun } from './run-chaos.ts';

/** A run in numbers, as JSON carries it. */
export interface ChaosSummary {
  profile: string;
  seed: number;
  seconds: number;
  /** Of the work that was left when the faults ended; null: the budget was not enough. */
  drain_seconds: number | null;
  faults: Record<string, number>;
  tasks: number;
  claims: number;
  /** Jobs that claims of the attached engine brought. */
  attached_claims: number;
  pauses: number;
  auto_pauses: number;
  reaped: number;
  /** Endings that were refused because the run had been taken away. */
  fenced: number;
  /** Bodies of work on one task that overlapped; legal where one of them was fenced or never ended. */
  overlaps: number;
  /** Tasks claimed although an earlier one stood ready; legal where that one was locked at the moment. */
  inversions: number;
  /** Calls of which nobody heard what became of them. */
  unheard: number;
  /** Transactions that waited for each other in a circle. */
  deadlocks: number;
  violations: Violation[];
  died_by_themselves: readonly string[];
}

export function summarise(run: ChaosRun): ChaosSummary {
  const indexed = indexHistory(run);
  const { events, pauses, tasks } = run.testimony;
  const kinds = Object.groupBy(events, (event) => event.kind);
  const faults: Record<string, number> = {};
  for (const event of run.events)
    if (event.op === 'nemesis' && event.phase === 'invoke') faults[event.fault] = (faults[event.fault] ?? 0) + 1;
  return {
    profile: run.profile,
    seed: run.seed,
    seconds: Math.round(run.tookMs / 100) / 10,
    drain_seconds: run.drainedMs === null ? null : Math.round(run.drainedMs / 100) / 10,
    faults,
    tasks: tasks.length,
    claims: kinds['claimed']?.length ?? 0,
    attached_claims: attachedClaims(run.events),
    pauses: pauses.length,
    auto_pauses: pauses.filter((pause) => pause.by === 'senate.auto').length,
    reaped: kinds['reaped']?.length ?? 0,
    fenced: run.events.filter((event) => event.op === 'finish' && event.phase === 'fail').length,
    overlaps: overlaps(indexed).length,
    inversions: countInversions(indexed),
    unheard: run.events.filter((event) => event.phase === 'info').length,
    deadlocks: run.deadlocks,
    violations: judgeHistory(run),
    died_by_themselves: run.diedByThemselves,
  };
}

function attachedClaims(events: readonly HistoryEvent[]): number {
  return events.reduce(
    (sum, event) => sum + (event.op === 'attached.claim' && event.phase === 'ok' ? event.jobs.length : 0),
    0,
  );
}

/** Something was claimed and something was paused, so far: a run without these would prove nothing. */
export const somethingHappened = ({ testimony: { events, pauses } }: Pick<History, 'testimony'>): boolean =>
  pauses.length > 0 && events.some((event) => event.kind === 'claimed');

/**
 * Nothing was violated, nobody waited in a circle, nothing died by itself, and enough happened for that to say
 * something.
 */
export function passed(summary: ChaosSummary): boolean {
  return (
    summary.violations.length === 0 &&
    summary.deadlocks === 0 &&
    summary.died_by_themselves.length === 0 &&
    summary.claims > 0 &&
    summary.pauses > 0
  );
}

// More than these say nothing new.
const VIOLATIONS_SHOWN = 20;
const EVENTS_AROUND = 10;

/** For people: the run in a line, and of each violation what happened around it, and how to see it again. */
export function describe(summary: ChaosSummary, run: ChaosRun): string {
  const count = Object.values(summary.faults).reduce((sum, one) => sum + one, 0);
  const lines = [
    `${summary.profile}, seed ${summary.seed}: ${summary.seconds} s, ${count} faults, ${summary.claims} ` +
      `claims, ${summary.attached_claims} of the attached engine, ${summary.pauses} pauses ` +
      `(${summary.auto_pauses} automatic), ` +
      `${summary.reaped} reaped, ${summary.fenced} fenced, ${summary.overlaps} overlaps, ` +
      `${summary.inversions} inversions, ${summary.unheard} unheard; ` +
      `drained in ${summary.drain_seconds ?? 'too many'} s; ${summary.deadlocks} deadlocks, ` +
      `${summary.violations.length} violations`,
    ...run.leftOut.map((what) => `left out: ${what}`),
    ...summary.died_by_themselves,
  ];
  for (const { assertion, what, t } of summary.violations.slice(0, VIOLATIONS_SHOWN)) {
    lines.push('', `${assertion}: ${what}`);
    if (t !== undefined)
      lines.push(...around(run.events, t).map((event) => `  ${event === undefined ? '' : line(event, t)}`));
  }
  if (summary.violations.length > VIOLATIONS_SHOWN)
    lines.push('', `and ${summary.violations.length - VIOLATIONS_SHOWN} more`);
  if (!passed(summary))
    lines.push(
      '',
      `again: npx pnpm soak --profile ${summary.profile} --seed ${summary.seed} --seconds ` +
        `${run.runMs / 1_000} --runs 1`,
    );
  return lines.join('\n');
}

/** The events next to a moment, half of them before it. Samples and looks say too little to take their place. */
function around(events: readonly HistoryEvent[], t: number): HistoryEvent[] {
  const telling = events.filter((event) => !['sample', 'heartbeat'].includes(event.op));
  const next = telling.findIndex((event) => event.t >= t);
  const from = Math.max(0, (next === -1 ? telling.length : next) - EVENTS_AROUND / 2);
  return telling.slice(from, from + EVENTS_AROUND);
}

function line({ t, proc, op, phase, ...rest }: HistoryEvent, about: number): string {
  const offsetMs = t - about;
  return (
    `${offsetMs < 0 ? '' : '+'}${offsetMs.toFixed(1)} ms  ${proc}  ${op} ${phase}  ` +
    `${JSON.stringify(rest).slice(0, 300)}`
  );
}
