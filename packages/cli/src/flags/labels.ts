import { Flags } from '@oclif/core';

/** The four labels of a task. */
export const labelFlags = {
  agent: Flags.string({ description: 'the persona', helpValue: 'ID' }),
  skill: Flags.string({ description: 'the skill', helpValue: 'NAME' }),
  quest: Flags.string({ description: 'the campaign or project', helpValue: 'ID' }),
  actor: Flags.string({ description: 'the account that it acts as', helpValue: 'ID' }),
};

/** The flags under the contract's names. */
export function toLabels(flags: {
  agent?: string | undefined;
  skill?: string | undefined;
  quest?: string | undefined;
  actor?: string | undefined;
}) {
  return { agent_id: flags.agent, skill: flags.skill, quest_id: flags.quest, actor_id: flags.actor };
}
