import { RUNNER_PREFIX } from '@orchestra/task-queue/contract';

/** What a claim asks for. Absent: of any. */
export interface Want {
  agents?: readonly string[] | undefined;
  skills?: readonly string[] | undefined;
  /** Narrower than what a look tells apart: a waiter may be called for nothing, never passed over. */
  quests?: readonly string[] | undefined;
  actors?: readonly string[] | undefined;
}

/**
 * Would a claim that asks for this take a task with these labels? As in the claim's statement: a null label is in no
 * list, and what is kept for a runner, which a look shows as the skill `runner:…`, is for claims that name it.
 */
export function wanted({ agents, skills }: Want, labels: { agent: string | null; skill: string | null }): boolean {
  return (
    (agents === undefined || (labels.agent !== null && agents.includes(labels.agent))) &&
    (skills === undefined
      ? !(labels.skill?.startsWith(RUNNER_PREFIX) ?? false)
      : labels.skill !== null && skills.includes(labels.skill))
  );
}

/** Equal for wants that ask for the same: when one of them finds nothing, neither does another. */
export function wantKey({ agents, skills, quests, actors }: Want): string {
  return JSON.stringify([agents, skills, quests, actors].map((labels) => labels?.toSorted() ?? null));
}
