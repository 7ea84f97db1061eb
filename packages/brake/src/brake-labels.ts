import type { TaskLabels } from '@orchestra/pause-core/replica';

/** What a pause can name, by the names that the REST calls use. */
export interface BrakeLabels {
  agent_id?: string | undefined;
  skill?: string | undefined;
  quest_id?: string | undefined;
  actor_id?: string | undefined;
}

const NAMES: Readonly<Record<string, keyof TaskLabels>> = {
  agent_id: 'agentId',
  skill: 'skill',
  quest_id: 'questId',
  actor_id: 'actorId',
};

/**
 * The labels as the replica takes them. A misspelt label would be covered by no pause, so nothing is let pass unread.
 *
 * @throws TypeError for a label of another name, a blank one, and for none at all
 */
export function readLabels(labels: BrakeLabels): TaskLabels {
  const read: Record<string, string> = {};
  for (const [given, value] of Object.entries(labels)) {
    if (value === undefined) continue;
    const name = Object.hasOwn(NAMES, given) ? NAMES[given] : undefined;
    if (name === undefined)
      throw new TypeError(`no pause can name "${given}"; the labels are ${Object.keys(NAMES).join(', ')}`);
    if (typeof value !== 'string' || value.trim() === '')
      throw new TypeError(`the label ${given} is blank: leave it out, or say what it is`);
    read[name] = value;
  }
  if (Object.keys(read).length === 0) throw new TypeError(`give at least one label: ${Object.keys(NAMES).join(', ')}`);
  return read;
}
