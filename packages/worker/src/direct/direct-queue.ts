import {
  answerFinished,
  readTasks,
  TaskSearch,
  explainNotOwner,
  ClaimStrategyCache,
  type Alive,
  type ClaimOrder,
  type SearchSteps,
  type TurnRow,
} from '@orchestra/task-queue/direct';
import type { ClaimedTask, Ending, RunFinishResult, FinishAnswer, TaskStatus } from '@orchestra/task-queue/contract';
import type { Database } from '@orchestra/database/connect';

/** What one heartbeat says. */
export interface Beat {
  id: string;
  run_id: string;
  output?: string | undefined;
  printed?: number | undefined;
}

/** Which round looks after the queue. */
export type Round = 'reap' | 'lanes' | 'drop';

/** Whom `task why` may know to ask for tasks. */
export interface Saw {
  worker: string;
  wants: string;
  host: string | undefined;
  agents: readonly string[] | undefined;
  skills: readonly string[] | undefined;
}

const TURN =
  'select t.ended, t.tasks, t.claimed, t.cut_short, t.some_are_due from orchestra_work($1, $2, $3, $4, $5, $6, $7, $8) t';

/** The calls of a direct worker to the database: functions of migrations/0038, and nothing else. */
export class DirectQueue {
  readonly #db: Database;
  readonly #ways = new ClaimStrategyCache();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Ends runs, then claims what there is, as worker-claimer does. */
  async turn(
    order: ClaimOrder,
    endings: readonly Ending[],
  ): Promise<{ tasks: ClaimedTask[]; ended: RunFinishResult[] }> {
    const search = new TaskSearch(order, this.#ways);
    const steps = this.#steps(order);
    const accepted = await search.look(steps, endings);
    const ended = await this.#answer(endings, accepted, search.claimed > 0 || accepted.length > 0);
    await search.goOn(steps);
    return { tasks: readTasks(search.tasks), ended };
  }

  /** Ends runs. */
  async finish(worker: string, endings: readonly Ending[]): Promise<RunFinishResult[]> {
    const row = await this.#turn([JSON.stringify(endings), worker, null, null, null, null, null, null]);
    return this.#answer(endings, row.ended ?? [], (row.ended ?? []).length > 0);
  }

  #answer(
    endings: readonly Ending[],
    accepted: NonNullable<TurnRow['ended']>,
    isCommitted: boolean,
  ): Promise<RunFinishResult[]> {
    return answerFinished((runs) => this.why(runs), endings, accepted, { isCommitted });
  }

  #steps(order: ClaimOrder): SearchSteps {
    const { worker, host, agents, skills, pid, bootId, pidNamespace, processStarted, limit, begins } = order;
    return {
      isTransaction: false,
      look: async ({ found, lanes }, endings) => {
        const process = {
          pid,
          boot_id: bootId,
          pid_namespace: pidNamespace,
          process_started: processStarted,
          begins: begins === undefined ? undefined : Math.max(0, begins - found),
        };
        const look = (ends: readonly Ending[]): Promise<TurnRow> =>
          this.#turn([
            ends.length === 0 ? null : JSON.stringify(ends),
            worker,
            host ?? null,
            JSON.stringify(process),
            agents ?? null,
            skills ?? null,
            limit - found,
            lanes === 'walk' ? null : lanes,
          ]);
        const row = await look(endings);
        // Where a claim may have to wait for gates, it does not stand behind endings (docs/locking.md).
        return row.claimed === null && endings.length > 0 ? { ...(await look([])), ended: row.ended } : row;
      },
      admitDueTasks: () => this.#count('select orchestra_work_line_up() as count', []),
      advanceNearestHeads: (lanes) =>
        this.#count('select orchestra_work_raise($1, $2, $3) as count', [agents ?? null, skills ?? null, lanes]),
    };
  }

  async #turn(values: unknown[]): Promise<TurnRow> {
    // Prepared once for each connection.
    const {
      rows: [row],
    } = await this.#db.query<TurnRow>({ name: 'orchestra-work', text: TURN, values });
    if (row === undefined) throw new Error('orchestra_work answered no row');
    return row;
  }

  async #count(text: string, values: unknown[]): Promise<number> {
    const {
      rows: [row],
    } = await this.#db.query<{ count: number }>(text, values);
    return row?.count ?? 0;
  }

  /** Of each beat whether its run is alive, and the order to stop it; and how long a lease lasts. */
  async beat(beats: readonly Beat[]): Promise<{ alive: Alive[]; leaseSeconds: number }> {
    const {
      rows: [row],
    } = await this.#db.query<{ alive: Alive[]; lease_seconds: number }>({
      name: 'orchestra-work-beat',
      text: 'select b.alive, b.lease_seconds from orchestra_work_beat($1) b',
      values: [JSON.stringify(beats)],
    });
    if (row === undefined) throw new Error('orchestra_work_beat answered no row');
    return { alive: row.alive, leaseSeconds: row.lease_seconds };
  }

  why(runs: readonly { id: string; run_id: string }[]): ReturnType<typeof explainNotOwner> {
    return explainNotOwner(this.#db, runs, 'orchestra_work_why');
  }

  /** Ends a run with questions; undefined: it is not the caller's any more. `off`: nobody is asked, and why. */
  async ask(
    id: string,
    runId: string,
    questions: string,
    cursor: unknown,
  ): Promise<{ status?: TaskStatus; off?: string } | undefined> {
    const {
      rows: [row],
    } = await this.#db.query<{ answer: { status?: TaskStatus; off?: string } | null }>(
      'select orchestra_work_ask($1, $2, $3, $4) as answer',
      [id, runId, questions, asJson(cursor)],
    );
    return row?.answer ?? undefined;
  }

  /** Ends a run for an order to stop it; undefined: there is nothing to obey. */
  async stopped(id: string, runId: string, cursor: unknown): Promise<FinishAnswer | undefined> {
    const {
      rows: [row],
    } = await this.#db.query<{ answer: FinishAnswer | null }>('select orchestra_work_stopped($1, $2, $3) as answer', [
      id,
      runId,
      asJson(cursor),
    ]);
    return row?.answer ?? undefined;
  }

  begun(runs: readonly { id: string; run_id: string }[]): Promise<number> {
    return this.#count('select orchestra_work_begun($1, $2) as count', [
      runs.map((run) => run.id),
      runs.map((run) => run.run_id),
    ]);
  }

  /**
   * Makes a round that looks after the queue, unless another worker has just made it.
   *
   * @returns in how many seconds to come again
   */
  async tend(round: Round, saw: Saw | undefined): Promise<number> {
    const {
      rows: [row],
    } = await this.#db.query<{ again: number | null }>('select orchestra_work_tend($1, $2) as again', [
      round,
      saw === undefined ? null : JSON.stringify(saw),
    ]);
    return row?.again ?? 0;
  }

  /** Adds tasks as they are; all of them or none. */
  async add(tasks: readonly object[]): Promise<string[]> {
    const {
      rows: [row],
    } = await this.#db.query<{ ids: string[] }>({
      name: 'orchestra-work-add',
      text: 'select orchestra_work_add($1, null) as ids',
      values: [JSON.stringify(tasks)],
    });
    if (row === undefined) throw new Error('orchestra_work_add answered no row');
    return row.ids;
  }
}

function asJson(cursor: unknown): string | null {
  return cursor === undefined ? null : JSON.stringify(cursor);
}
