import { createHash } from 'node:crypto';
import type { CallOptions } from '@orchestra-brake/client';
import { listActivePauses, PauseIndex } from '@orchestra/pause-core/replica/direct';
import type { ActivePause } from '@orchestra/pause-core/replica';
import type { CheckAnswer } from '@orchestra/pause-core/contract';
import { toPauseView } from '@orchestra/pause-core/wire';
import {
  needsInputRequest,
  stoppedRequest,
  type ClaimAnswer,
  type RunFinishResults,
  type FinishAnswer,
  type FinishRequest,
  type HeartbeatAnswer,
  type NeedsInputRequest,
  type StoppedRequest,
} from '@orchestra/task-queue/contract';
import { sleep } from '@orchestra/timing';
import type { AskedClaim } from '../door.ts';
import { askDatabase } from './ask-database.ts';
import { asDoorError, problem, type Address } from './direct-errors.ts';
import { DirectPool } from './direct-pool.ts';
import { DirectQueue } from './direct-queue.ts';
import { Ears } from './ears.ts';
import { Heartbeats } from './heartbeats.ts';
import { endingsOf, orderOf } from './read-requests.ts';
import { Upkeep } from './upkeep.ts';

export interface DirectDoorOptions {
  address: Address;
  /** A direct connection for bells, where `address` leads through a pooler. */
  listen: Address | undefined;
  claim: Pick<AskedClaim, 'worker' | 'host' | 'agents' | 'skills'>;
}

// With no bell: what comes by other doors, or becomes due. While there was something a moment ago, soon.
const LOOK_SOON_MS = 100;
const LOOK_LATE_MS = 2_000;
const CLOSE_MS = 2_000;

/** The open door to the database. What it throws is said in the worker's terms. */
export class OpenDirectDoor {
  readonly #options: DirectDoorOptions;
  readonly #pool: DirectPool;
  readonly #queue: DirectQueue;
  readonly #heartbeats: Heartbeats;
  readonly #upkeep: Upkeep;
  readonly ears: Ears;

  /** @throws CannotWork for an address that cannot be understood */
  constructor(options: DirectDoorOptions) {
    this.#options = options;
    const { address, claim } = options;
    this.#pool = new DirectPool(address);
    this.#queue = new DirectQueue(this.#pool.db);
    this.#heartbeats = new Heartbeats(this.#queue);
    this.ears = new Ears(this.#pool, options.listen ?? address, options.listen !== undefined);
    const wants = createHash('sha256')
      .update(JSON.stringify([claim.agents?.toSorted() ?? null, claim.skills?.toSorted() ?? null]))
      .digest('hex');
    this.#upkeep = new Upkeep(this.#queue, {
      worker: claim.worker,
      wants,
      host: claim.host,
      agents: claim.agents,
      skills: claim.skills,
    });
  }

  async claim(request: AskedClaim, { signal }: { signal: AbortSignal }): Promise<ClaimAnswer> {
    signal.throwIfAborted();
    const ended = request.ended === undefined ? undefined : endingsOf({ ended: request.ended });
    const order = orderOf(request);
    const untilMs = performance.now() + request.wait_seconds * 1_000;
    let heard = this.ears.heard();
    const first = await this.#ask(() => this.#queue.turn(order, ended ?? []));
    this.#upkeep.start();
    let { tasks } = first;
    for (let pauseMs = LOOK_SOON_MS; tasks.length === 0; pauseMs = Math.min(pauseMs * 2, LOOK_LATE_MS)) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0 || signal.aborted) break;
      // aborted: nothing more is claimed
      await Promise.race([heard, sleep(Math.min(pauseMs, leftMs), signal)]);
      if (signal.aborted) break;
      heard = this.ears.heard();
      ({ tasks } = await this.#ask(() => this.#queue.turn(order, [])));
    }
    if (tasks.length > 0) this.#upkeep.busy();
    return { tasks, ...(ended === undefined ? {} : { ended: first.ended }) };
  }

  async finish(request: FinishRequest, call: CallOptions = {}): Promise<RunFinishResults> {
    const endings = endingsOf(request);
    return { ended: await this.#ask(() => this.#queue.finish(this.#options.claim.worker, endings), call) };
  }

  /** Ends one run. @throws ApiError where it is refused */
  async end(ending: FinishRequest['ended'][number], call: CallOptions = {}): Promise<FinishAnswer> {
    const {
      ended: [answer],
    } = await this.finish({ ended: [ending] }, call);
    const { status = null, refused = null, next_eligible_at = null } = answer ?? {};
    if (status === null)
      throw problem(409, refused?.code ?? 'run_not_owner', refused?.detail ?? 'the run was not ended');
    return { status, next_eligible_at };
  }

  async heartbeat(
    id: string,
    runId: string,
    { output, printed, ...call }: CallOptions & { output?: string | undefined; printed?: number | undefined } = {},
  ): Promise<HeartbeatAnswer> {
    const answer = await this.#ask(() => this.#heartbeats.send({ id, run_id: runId, output, printed }), call);
    return answer ?? this.#refuse(id, runId);
  }

  async needsInput(id: string, request: NeedsInputRequest, call: CallOptions = {}): Promise<FinishAnswer> {
    const parsed = needsInputRequest.safeParse(request);
    if (!parsed.success)
      throw problem(
        422,
        'invalid_request',
        parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '),
      );
    const answer = await this.#ask(() => this.#queue.ask(id, request.run_id, request.questions, request.cursor), call);
    if (answer?.off !== undefined)
      throw problem(409, 'questions_off', `a run of task ${id} may ask nobody: ${answer.off}`);
    return answer?.status === undefined
      ? this.#refuse(id, request.run_id)
      : { status: answer.status, next_eligible_at: null };
  }

  async stopped(id: string, request: StoppedRequest, call: CallOptions = {}): Promise<FinishAnswer> {
    const { run_id: runId, cursor } = stoppedRequest.parse(request);
    const answer = await this.#ask(() => this.#queue.stopped(id, runId, cursor), call);
    return answer ?? this.#refuse(id, runId);
  }

  async begun(runs: readonly { id: string; run_id: string }[]): Promise<{ noted: number }> {
    return { noted: await this.#ask(() => this.#queue.begun(runs)) };
  }

  async check({ skill }: { skill: string }, call: CallOptions = {}): Promise<CheckAnswer> {
    const covered = new PauseIndex(await this.#ask(() => this.readPauses(), call), performance.now()).find({ skill });
    return {
      paused: covered !== undefined,
      reason: covered?.reason ?? null,
      pause: covered === undefined ? null : toPauseView(covered.pause),
      stale: false,
    };
  }

  async readPauses(): Promise<ActivePause[]> {
    try {
      return await listActivePauses(this.#pool.db, undefined, 'orchestra_work_pauses()');
    } catch (error) {
      throw asDoorError(error, this.#options.address);
    }
  }

  /** Ends the connections. One that a dead network holds up ends by itself, some seconds later. */
  async close(): Promise<void> {
    const closing = Promise.all([this.#upkeep.stop(), this.ears.close()]).then(() => this.#pool.end());
    await Promise.race([closing, sleep(CLOSE_MS, undefined, { ref: false })]);
  }

  async #refuse(id: string, runId: string): Promise<never> {
    const [why] = await this.#ask(() => this.#queue.why([{ id, run_id: runId }]));
    throw problem(
      why?.code === 'task_not_found' ? 404 : 409,
      why?.code ?? 'run_not_owner',
      why?.detail ?? `run ${runId} is not this worker's`,
    );
  }

  #ask<T>(call: () => Promise<T>, options?: CallOptions): Promise<T> {
    return askDatabase(call, this.#options.address, options);
  }
}
