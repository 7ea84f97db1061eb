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

/** Labels that were checked once, and cannot change. */
export class PreparedLabels implements BrakeLabels {
  declare readonly agent_id?: string;
  declare readonly skill?: string;
  declare readonly quest_id?: string;
  declare readonly actor_id?: string;
  readonly #task: TaskLabels;
  #clearIn: object | undefined;

  /** @throws TypeError for a label of another name, a blank one, and for none at all */
  constructor(labels: BrakeLabels) {
    this.#task = check(labels);
    Object.assign(this, labels);
    Object.freeze(this);
  }

  get task(): TaskLabels {
    return this.#task;
  }

  /**
   * What was known when nothing covered these labels. While the same is known, nothing does: a pause can only end
   * meanwhile.
   */
  get clearIn(): object | undefined {
    return this.#clearIn;
  }
  set clearIn(known: object) {
    this.#clearIn = known;
  }
}

/**
 * Checks labels once, for who asks with the same ones again and again: such a gate costs less than `isPaused`. The
 * result is a copy, which cannot be changed.
 *
 * @throws TypeError for a label of another name, a blank one, and for none at all
 */
export function prepareLabels(labels: BrakeLabels): Readonly<BrakeLabels> {
  return labels instanceof PreparedLabels ? labels : new PreparedLabels(labels);
}

/**
 * The labels as the replica takes them. A misspelt label would be covered by no pause, so nothing passes unread, and
 * labels that are not prepared are checked at each call: who holds them may have changed them.
 *
 * @throws TypeError for a label of another name, a blank one, and for none at all
 */
export function readLabels(labels: BrakeLabels): TaskLabels {
  return labels instanceof PreparedLabels ? labels.task : check(labels);
}

function check(labels: BrakeLabels): TaskLabels {
  for (const given in labels) {
    if (given !== 'agent_id' && given !== 'skill' && given !== 'quest_id' && given !== 'actor_id')
      throw unknownName(given);
  }
  const { agent_id: agentId, skill, quest_id: questId, actor_id: actorId } = labels;
  if (agentId === undefined && skill === undefined && questId === undefined && actorId === undefined)
    throw new TypeError(`give at least one label: ${NAMES}`);
  if (!(mayPass(agentId) && mayPass(skill) && mayPass(questId) && mayPass(actorId))) refuseBlanks(labels);
  return { agentId, skill, questId, actorId };
}

/** Whether it needs no closer look: most labels begin with a visible character of ASCII. */
function mayPass(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && (value.charCodeAt(0) - 33) >>> 0 < 94);
}

function refuseBlanks(labels: BrakeLabels): void {
  for (const [name, value] of Object.entries(labels)) {
    if (value !== undefined && (typeof value !== 'string' || BLANK.test(value)))
      throw new TypeError(`the label ${name} is blank: leave it out, or say what it is`);
  }
}

function unknownName(given: string): TypeError {
  return new TypeError(`no pause can name "${given}"; the labels are ${NAMES}`);
}
