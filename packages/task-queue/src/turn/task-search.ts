import { LANES_FACTOR, LANES_FEWEST, LANES_MOST, type ClaimStrategyCache } from './claim-strategy.ts';
import type { Ending } from '../contract/index.ts';
import type { StageRules } from '../pipelines/stage-rules.ts';
import type { EndedRow, Look, TurnRow } from './call-turn.ts';
import { waitsForGates, type ClaimOrder } from './claim-order.ts';

// Looks, each at least as wide as the one before. The first is nearly always enough. All lanes there are have been
// looked at after some dozen; most of the rest is for tasks of repos that have become due, of which one look puts some
// hundreds in line.
const LOOKS_MAX = 1_000;
// Heads of more lanes than these are not raised for one claim. It only saves time, and the round that keeps the lanes
// does it as well.
const RAISED_MAX = 4_096;

/** The calls that a search makes. */
export interface SearchSteps {
  /** Ends the runs, and looks for tasks; in one call. */
  look(look: Look, endings: readonly Ending[], rules: StageRules | undefined): Promise<TurnRow>;
  /**
   * Puts tasks in line that were added for later and are due, those alone whose gates nobody holds. @returns how many
   */
  admitDueTasks(): Promise<number>;
  /** Raises the heads of the nearest lanes. @returns how many */
  advanceNearestHeads(lanes: number): Promise<number>;
  /** Nothing of it is true before somebody commits it. */
  isTransaction: boolean;
}

/** The looks of one claim, each at least as wide as the one before, and what they have found. */
export class TaskSearch {
  /** So many tasks were found. */
  claimed = 0;
  /** There are as many as were asked for, or no more. */
  over = false;
  /** What each look has found, as the text of a JSON array. */
  readonly #texts: string[] = [];
  readonly #order: ClaimOrder;
  readonly #ways: ClaimStrategyCache;
  readonly #kind: string;
  #lanes: number | 'walk';
  #looks = 0;
  #asWide = 0;
  #last: TurnRow | undefined;

  constructor(order: ClaimOrder, ways: ClaimStrategyCache) {
    this.#order = order;
    this.#ways = ways;
    this.#kind = JSON.stringify([
      order.agents ?? null,
      order.skills ?? null,
      order.quests ?? null,
      order.actors ?? null,
    ]);
    const first = ways.first(this.#kind);
    // A walk passes over all tasks with a repo, also those that the serial gate leaves alone.
    if (first === 'walk') this.#lanes = waitsForGates(order) ? LANES_FEWEST : 'walk';
    else this.#lanes = first.lanes;
  }

  /** The tasks found so far, as the text of a JSON array. */
  get tasks(): string {
    const [only, ...more] = this.#texts;
    return more.length === 0 ? (only ?? '[]') : `[${this.#texts.map((text) => text.slice(1, -1)).join(',')}]`;
  }

  /**
   * Ends the runs and makes the next look, in one call.
   *
   * @returns the endings that were accepted
   */
  async look(steps: SearchSteps, endings: readonly Ending[] = [], rules?: StageRules): Promise<EndedRow[]> {
    if (this.#last !== undefined && !(await this.#prepare(steps, this.#last))) {
      this.over = true;
      return [];
    }
    if (this.#looks++ >= LOOKS_MAX) {
      // An answer of "nothing" would be untrue.
      if (this.claimed === 0)
        throw new Error(
          `the search for a task was cut short after ${LOOKS_MAX} looks; claim again, and see in task_lanes ` +
            'why so much cannot start',
        );
      this.over = true;
      return [];
    }
    this.#asWide++;
    const row = await steps.look({ order: this.#order, found: this.claimed, lanes: this.#lanes }, endings, rules);
    this.#last = row;
    this.over = row.cut_short !== true && row.some_are_due !== true;
    if (row.claimed !== null && row.claimed > 0 && row.tasks !== null) {
      this.claimed += row.claimed;
      this.#texts.push(row.tasks);
    }
    return row.ended ?? [];
  }

  /**
   * Looks on until there are as many as were asked for, or no more. Should a look fail outside a transaction, what the
   * ones before have found stays found: it is claimed, and the caller's next claim meets the failure again.
   */
  async goOn(steps: SearchSteps): Promise<void> {
    while (!this.over) {
      try {
        await this.look(steps);
      } catch (error) {
        if (this.claimed === 0 || steps.isTransaction) throw error;
        return;
      }
    }
  }

  /** What has to be done before another look. @returns whether it can find more than the one before */
  async #prepare(steps: SearchSteps, { cut_short: cutShort, some_are_due: someAreDue }: TurnRow): Promise<boolean> {
    // Where others are putting these tasks in line just now, there is nothing to come again for.
    if (someAreDue === true && (await steps.admitDueTasks()) > 0) return true;
    if (cutShort !== true) return false;
    if (this.#lanes === 'walk') this.#widen(LANES_FEWEST);
    else await this.#goFarther(steps, this.#lanes);
    return true;
  }

  async #goFarther(steps: SearchSteps, lanes: number): Promise<void> {
    const near = lanes * 2;
    const raised = near <= RAISED_MAX ? await steps.advanceNearestHeads(near) : 0;
    // Raised heads bring other lanes near. Where nothing was raised, or that has not helped, more lanes are needed:
    // those near by hold nothing that
    // may start, or their tasks are in other claims' hands.
    if (raised === 0 || this.#asWide > 1) this.#widen(Math.min(lanes * LANES_FACTOR, LANES_MOST));
  }

  #widen(lanes: number): void {
    this.#asWide = 0;
    this.#lanes = lanes;
    this.#ways.needed(this.#kind, lanes);
  }
}
