import type { Client } from '@orchestra-brake/client';
import type { ClaimedTask, PipelinesView } from '@orchestra/task-queue/contract';
import { Disturbance } from '../stop-reasons.ts';

/** Which report the gate of a task's stage reads; null: its stage has no such gate. */
export type GateOf = (task: ClaimedTask) => Promise<string | null>;

const READ_AGAIN_MS = 60_000;

/**
 * The gates of stages, as the service declares them. They are asked for when the first task with a stage comes, and
 * again by the minute.
 *
 * @returns a function that throws a Disturbance when they cannot be read: a gate that nobody knows has not been passed
 */
export function pipelineGates(client: Pick<Client, 'pipelines'>): GateOf {
  let read: { at: number; pipelines: Promise<PipelinesView> } | undefined;
  return async ({ pipeline, stage }) => {
    if (typeof pipeline !== 'string' || typeof stage !== 'string') return null;
    if (read === undefined || performance.now() - read.at > READ_AGAIN_MS)
      read = { at: performance.now(), pipelines: client.pipelines() };
    try {
      const { pipelines } = await read.pipelines;
      return (
        pipelines.find((one) => one.pipeline === pipeline)?.stages.find((one) => one.stage === stage)?.report ?? null
      );
    } catch (cause) {
      read = undefined;
      throw new Disturbance('transient', `the gate of stage ${stage} is not known: the pipelines could not be read`, {
        cause,
        fix: 'look at worker-claimer, and at the token of this worker',
      });
    }
  };
}
