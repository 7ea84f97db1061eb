import { RUNNERS, type RunnerName } from '../contract/index.ts';
import { DEFAULT_PIPELINES, type Pipeline } from './pipeline.ts';

/**
 * For which repos' tasks a runner takes the place of its skill's ordinary workers. null: for all tasks; an empty list:
 * it is switched off.
 */
export type RunnerRepos = readonly string[] | null;

/** The switch of each runner. */
export type RunnerSwitches = Readonly<Record<RunnerName, RunnerRepos>>;

/** Safe by default: every task goes to its skill's ordinary workers. */
export const NO_RUNNERS: RunnerSwitches = { test: [], staging: [] };

/** The skills of the stages that name this runner. */
export function skillsOfRunner(runner: RunnerName, pipelines: readonly Pipeline[] = DEFAULT_PIPELINES): string[] {
  return [
    ...new Set(
      pipelines.flatMap(({ stages }) => stages.filter((stage) => stage.runner === runner).map(({ skill }) => skill)),
    ),
  ];
}

/**
 * Which tasks are kept for runners, as claims take it: `{skill: true | [repo, …]}`; null: none, and a claim does not
 * look.
 *
 * @see reservedSkill
 */
export type RunnerReservations = Readonly<Record<string, true | readonly string[]>> | null;

export function keptForRunners(
  switches: RunnerSwitches,
  pipelines: readonly Pipeline[] = DEFAULT_PIPELINES,
): RunnerReservations {
  const kept = RUNNERS.flatMap((runner) => {
    const repos = switches[runner];
    if (repos !== null && repos.length === 0) return [];
    return skillsOfRunner(runner, pipelines).map((skill): [string, true | readonly string[]] => [skill, repos ?? true]);
  });
  return kept.length === 0 ? null : Object.fromEntries(kept);
}

// No skill has an empty name.
export const ALLOWED = '';

/**
 * What is kept, and beside it of which quests and actors a claim may take tasks: one parameter of the claim's
 * statement; null: neither says anything.
 */
export function keptAndAllowed(
  kept: RunnerReservations | undefined,
  { quests, actors }: { quests?: readonly string[] | undefined; actors?: readonly string[] | undefined },
): string | null {
  if (quests === undefined && actors === undefined)
    return kept === undefined || kept === null ? null : JSON.stringify(kept);
  return JSON.stringify({ ...kept, [ALLOWED]: { quests, actors } });
}
