import type { TaskLabels } from '@orchestra/pause-core/replica';

/** What a pause can name, by the names that the REST calls use. */
export interface BrakeLabels {
  agent_id?: string | undefined;
  skill?: string | undefined;
  quest_id?: string | undefined;
  actor_id?: string | undefined;
}

const NAMES = 'agent_id, skill, quest_id, actor_id';
const BLANK = /^\s*$/;

/**
 * The labels as the replica takes them. A misspelt label would be covered by no pause, so nothing is let pass unread. It is
 * called before each step, so it makes one object and nothing else.
 *
 * @throws TypeError for a label of another name, a blank one, and for none at all
 */
export function readLabels(labels: BrakeLabels): TaskLabels {
  for (const given in labels) {
    if (given !== 'agent_id' && given !== 'skill' && given !== 'quest_id' && given !== 'actor_id')
      throw new TypeError(`no pause can name "${given}"; the labels are ${NAMES}`);
  }
  const { agent_id: agentId, skill, quest_id: questId, actor_id: actorId } = labels;
  if (agentId === undefined && skill === undefined && questId === undefined && actorId === undefined)
    throw new TypeError(`give at least one label: ${NAMES}`);
  refuseBlank('agent_id', agentId);
  refuseBlank('skill', skill);
  refuseBlank('quest_id', questId);
  refuseBlank('actor_id', actorId);
  return { agentId, skill, questId, actorId };
}

function refuseBlank(name: string, value: unknown): void {
  if (value === undefined) return;
  // A character above the blank is none: most labels begin with one.
  if (typeof value === 'string' && (value.charCodeAt(0) - 33) >>> 0 < 94) return;
  if (typeof value !== 'string' || BLANK.test(value))
    throw new TypeError(`the label ${name} is blank: leave it out, or say what it is`);
}
