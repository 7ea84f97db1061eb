import { narrowed, outsideLabels, type LabelledWork, type TokenHolder, type TokenLabels } from '@orchestra/pause-core';
import { ProblemError } from '@orchestra/service-shell';
import { RUNNER_PREFIX } from '@orchestra/task-queue/contract';

/** @throws ProblemError `label_not_allowed` when one of these tasks lies outside the labels of the caller's token */
export function requireWithinLabels({ labels }: Pick<TokenHolder, 'labels'>, tasks: readonly LabelledWork[]): void {
  for (const [index, task] of tasks.entries()) {
    const outside = outsideLabels(labels, task);
    if (outside !== undefined) throw notAllowed(tasks.length === 1 ? outside : `task ${index + 1}: ${outside}`);
  }
}

/** What a claim asks for. */
export interface Asked {
  agents?: readonly string[] | undefined;
  skills?: readonly string[] | undefined;
}

/**
 * What a claim may take: what it asks for, as far as the caller's token may work under it.
 *
 * @throws ProblemError `label_not_allowed` when nothing is left of it
 */
export function claimWithin({ labels }: Pick<TokenHolder, 'labels'>, { agents, skills }: Asked): TokenLabels {
  // A runner's token names the skill, and its claim `runner:<skill>`.
  const ofSkills =
    labels?.skills === undefined
      ? undefined
      : [...labels.skills, ...labels.skills.map((skill) => RUNNER_PREFIX + skill)];
  const left = {
    agents: narrowed(agents, labels?.agents),
    skills: skills === undefined ? labels?.skills : narrowed(skills, ofSkills),
    quests: labels?.quests,
    actors: labels?.actors,
  };
  for (const [kind, asked] of [
    ['agents', agents],
    ['skills', skills],
  ] as const) {
    if (asked !== undefined && asked.length > 0 && left[kind]?.length === 0) {
      throw notAllowed(
        `this token works for ${kind} ${labels?.[kind]?.map((label) => JSON.stringify(label)).join(' or ')} ` +
          `alone, and the claim asks for ${asked.map((label) => JSON.stringify(label)).join(', ')}`,
      );
    }
  }
  return left;
}

function notAllowed(detail: string): ProblemError {
  return new ProblemError(
    'label_not_allowed',
    `${detail}; \`orchestra token create --agent … --skill …\` makes another`,
  );
}
