import { setTimeout as delay } from 'node:timers/promises';
import { TaskFailure, type Handler } from '@orchestra-brake/worker';
import { AGENTS, type AgentName } from './agents.ts';
import { FleetError, type FleetErrorCode } from './errors.ts';
import { SKILL_NAMES, SKILLS } from './skills/index.ts';
import type { Skill } from './skill.ts';

export interface HandlerOptions {
  /** Takes at least this long for each file or round, so that a person can watch. */
  paceMs: number;
}

/** What an agent's worker runs, by skill. */
export function handlersOf(agent: AgentName, options: HandlerOptions): Record<string, Handler> {
  const own = SKILL_NAMES.filter((skill) => AGENTS[agent].quests[skill] !== undefined);
  return Object.fromEntries(own.map((skill) => [skill, asHandler(SKILLS[skill], options)]));
}

function asHandler(skill: Skill, { paceMs }: HandlerOptions): Handler {
  return async (task, context) => {
    const { signal } = context;
    try {
      const result = await skill(task.payload, {
        signal,
        progress: context.cursor,
        checkpoint: async (progress) => {
          context.saveCursor(progress);
          await delay(paceMs, undefined, { signal });
          await context.checkpoint();
        },
      });
      await delay(paceMs, undefined, { signal });
      return result;
    } catch (error) {
      if (signal.aborted || !(error instanceof FleetError)) throw error;
      throw new TaskFailure(error.message, {
        cause: error,
        retry: MAY_WORK_LATER[error.code],
        result: { code: error.code },
      });
    }
  };
}

const MAY_WORK_LATER: Record<FleetErrorCode, boolean> = {
  bad_payload: false,
  not_a_repository: false,
  git_missing: false,
  git_failed: true,
  git_timed_out: true,
  git_output_too_large: false,
};
