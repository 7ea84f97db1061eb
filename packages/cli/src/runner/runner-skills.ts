/** The deterministic runners, by the skill whose place they take. Apart, so that parsing a flag loads no runner. */
export const RUNNER_SKILLS = ['testing', 'staging'] as const;
export type RunnerSkill = (typeof RUNNER_SKILLS)[number];
