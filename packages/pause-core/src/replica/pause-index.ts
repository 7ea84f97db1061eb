import { comparePrecedence, type ActivePause } from '../pause.ts';
import { covers, LABEL_KINDS, labelFor, type LabelKind, type TaskLabels } from '../scope.ts';

/** What `isPaused` answers. `pause.remainingMs` is as it was read; `PauseReplica.pauses()` tells it as of now. */
export type PauseCheck = { readonly paused: false; readonly reason: null; readonly pause: null } | Covered;

/** The answer for labels that a pause covers: the one that is named, and why it was made. */
export interface Covered {
  readonly paused: true;
  readonly reason: string;
  readonly pause: ActivePause;
}

interface Entry {
  /** On this process's monotonic clock; Infinity: until cleared. */
  endsAtMs: number;
  /** Made once, so that a check makes no garbage. */
  covered: Covered;
}

/** The pauses of one kind of scope, by the value of the scope in NFC. */
interface ByValue {
  entries: Map<string | null | undefined, Entry>;
  /** Those of several labels, under the strongest of them; named first, first. */
  pairs: Map<string, Entry[]>;
  /**
   * Whether another spelling of some value can come to the same in NFC. Only then is a label that is not found
   * brought into NFC, which costs more than the look.
   */
  haveSpellings: boolean;
}

// Of the characters below U+0080 these three alone are what others become in NFC: the Kelvin sign, the Greek varia
// and the Greek question mark.
const HAS_SPELLINGS = /[^\0-\x7f]|[K`;]/;

/**
 * The active pauses of one reading, arranged so that a check is at most four `Map.get`, whatever their number. Those of
 * several labels are looked through one by one where the strongest label is met.
 * The clock is read only when a pause with an end is met: one look at it costs about as much as those four.
 *
 * No wall clock is involved (P8). The database says how long each pause has left, and that counts from the moment its
 * answer was here. The database judged somewhere between question and answer, so a pause never ends early in this
 * process, and late by at most what the reading took.
 */
export class PauseIndex {
  /** How many pauses were read. */
  readonly size: number;
  readonly #all: readonly Entry[];
  /** The one of the whole fleet that ends last. */
  readonly #fleet: Entry | undefined;
  readonly #havePairs: boolean;
  readonly #byKind: Record<LabelKind, ByValue> = { actor: none(), agent: none(), skill: none(), quest: none() };
  // The maps of `#byKind` once more, each one step nearer.
  readonly #actors = this.#byKind.actor.entries;
  readonly #agents = this.#byKind.agent.entries;
  readonly #skills = this.#byKind.skill.entries;
  readonly #quests = this.#byKind.quest.entries;
  readonly #haveSpellings: boolean;

  /** @param answeredAtMs when the reading was complete, by `performance.now()` */
  constructor(pauses: readonly ActivePause[], answeredAtMs: number) {
    this.size = pauses.length;
    this.#all = pauses.map((pause) => ({
      endsAtMs: pause.remainingMs === null ? Infinity : answeredAtMs + pause.remainingMs,
      covered: { paused: true, reason: pause.reason, pause },
    }));
    let fleet: Entry | undefined;
    let havePairs = false;
    for (const entry of this.#all) {
      const { kind, value: given, also } = entry.covered.pause.scope;
      if (kind === 'fleet') {
        if (fleet === undefined || isNamedBefore(entry, fleet)) fleet = entry;
        continue;
      }
      const byValue = this.#byKind[kind];
      const value = given.normalize('NFC');
      byValue.haveSpellings ||= HAS_SPELLINGS.test(value);
      if (also !== undefined) {
        havePairs = true;
        const pairs = byValue.pairs.get(value);
        if (pairs === undefined) byValue.pairs.set(value, [entry]);
        else pairs.push(entry);
        continue;
      }
      const named = byValue.entries.get(value);
      // Of several pauses on one label the one that ends last is named, so none of the others can outlive it: it is
      // enough to keep that one.
      if (named === undefined || isNamedBefore(entry, named)) byValue.entries.set(value, entry);
    }
    for (const { pairs } of Object.values(this.#byKind)) {
      for (const entries of pairs.values()) entries.sort((a, b) => comparePrecedence(a.covered.pause, b.covered.pause));
    }
    this.#fleet = fleet;
    this.#havePairs = havePairs;
    this.#haveSpellings = Object.values(this.#byKind).some(({ haveSpellings }) => haveSpellings);
  }

  /**
   * The pause that is named for these labels (fleet, actor, agent, skill, quest; then the one that ends last), or
   * undefined when none covers them.
   *
   * @param nowMs by `performance.now()`, which is also what it is when absent
   * @param probeOf for a run that a pause has let through: that one does not hold it, nor does any other that probes as
   *   well
   */
  find(labels: TaskLabels, nowMs?: number, probeOf?: string | null): Covered | undefined {
    if (this.size === 0) return undefined;
    if (probeOf !== undefined && probeOf !== null)
      return this.#findForProbe(labels, nowMs ?? performance.now(), probeOf);
    if (this.#fleet !== undefined && isActive(this.#fleet, nowMs)) return this.#fleet.covered;
    if (this.#havePairs) return this.#findAmongPairs(labels, nowMs);
    if (!this.#haveSpellings) {
      // Nearly every look ends here: no label is that of a pause. A label that is not there is in no map.
      const found =
        this.#actors.get(labels.actorId) ??
        this.#agents.get(labels.agentId) ??
        this.#skills.get(labels.skill) ??
        this.#quests.get(labels.questId);
      if (found === undefined) return undefined;
      if (found.endsAtMs === Infinity) return found.covered;
    }
    const { actor, agent, skill, quest } = this.#byKind;
    return (
      lookUp(actor, labels.actorId, nowMs) ??
      lookUp(agent, labels.agentId, nowMs) ??
      lookUp(skill, labels.skill, nowMs) ??
      lookUp(quest, labels.questId, nowMs)
    );
  }

  #findAmongPairs(labels: TaskLabels, nowMs: number = performance.now()): Covered | undefined {
    for (const kind of LABEL_KINDS) {
      const byValue = this.#byKind[kind];
      const label = labelFor(kind, labels);
      if (label === null) continue;
      const single = lookUp(byValue, label, nowMs);
      const pair = byValue.pairs
        .get(label.normalize('NFC'))
        ?.find((entry) => isActive(entry, nowMs) && covers(entry.covered.pause.scope, labels))?.covered;
      if (single === undefined || pair === undefined) {
        if (single !== undefined || pair !== undefined) return single ?? pair;
      } else {
        return comparePrecedence(single.pause, pair.pause) < 0 ? single : pair;
      }
    }
    return undefined;
  }

  /**
   * Looks at every pause: what is kept for a scope is the pause that is named, which may be the one that does not count
   * here.
   */
  #findForProbe(labels: TaskLabels, nowMs: number, probeOf: string): Covered | undefined {
    return this.#all
      .filter(
        ({ endsAtMs, covered: { pause } }) =>
          pause.id !== probeOf && pause.probingAt === null && nowMs < endsAtMs && covers(pause.scope, labels),
      )
      .toSorted((a, b) => comparePrecedence(a.covered.pause, b.covered.pause))[0]?.covered;
  }

  /** Every pause that has not ended, in the order they were read, with the time left as of `nowMs`. */
  active(nowMs: number = performance.now()): ActivePause[] {
    return this.#all
      .filter((entry) => nowMs < entry.endsAtMs)
      .map(({ endsAtMs, covered: { pause } }) => ({
        ...pause,
        remainingMs: endsAtMs === Infinity ? null : endsAtMs - nowMs,
      }));
  }
}

const none = (): ByValue => ({ entries: new Map(), pairs: new Map(), haveSpellings: false });

function isNamedBefore(one: Entry, other: Entry): boolean {
  return comparePrecedence(one.covered.pause, other.covered.pause) < 0;
}

function isActive({ endsAtMs }: Entry, nowMs: number | undefined): boolean {
  return endsAtMs === Infinity || (nowMs ?? performance.now()) < endsAtMs;
}

function lookUp(
  { entries, haveSpellings }: ByValue,
  label: string | null | undefined,
  nowMs: number | undefined,
): Covered | undefined {
  if (label === null || label === undefined) return undefined;
  const entry = entries.get(label) ?? (haveSpellings ? entries.get(label.normalize('NFC')) : undefined);
  if (entry === undefined) return undefined;
  return isActive(entry, nowMs) ? entry.covered : undefined;
}
