import { ApiError, isTransient } from '@orchestra-brake/client';
import type { CheckAnswer, PauseView } from '@orchestra/pause-core/contract';
import type { PauseReplica } from '@orchestra/pause-core/replica';
import { toPauseView } from '@orchestra/pause-core/wire';
import type { Door } from './door.ts';

export type Scheduled<T> =
  | { started: true; result: T }
  /** `pause` is null when the pauses were unknown. */
  | { started: false; reason: string; pause: PauseView | null };

export interface ScheduleParts {
  door: Pick<Door, 'check'>;
  replica: PauseReplica;
  onUnknown: 'continue' | 'stop';
}

// A job that is due must not hang because the brake cannot be asked.
const ASK = { timeLimitMs: 2_000, triesMax: 2 };

/**
 * Runs `job` unless skill `name` is paused. Nothing claims a scheduled job, so this look is its gate: it asks the
 * service first, goes by what the replica last knew when that cannot answer, and by `onUnknown` when it never knew
 * anything.
 *
 * @throws what the job throws; ApiError when the service refuses the question
 */
export async function runUnlessPaused<T>(
  name: string,
  job: () => Promise<T> | T,
  parts: ScheduleParts,
): Promise<Scheduled<T>> {
  const held = await holding(name, parts);
  return held === undefined ? { started: true, result: await job() } : { started: false, ...held };
}

async function holding(
  name: string,
  { door, replica, onUnknown }: ScheduleParts,
): Promise<{ reason: string; pause: PauseView | null } | undefined> {
  const answer = await door.check({ skill: name }, ASK).catch((error: unknown) => {
    if (isTransient(error) || (error instanceof ApiError && error.status >= 500)) return undefined;
    throw error;
  });
  if (answer !== undefined && !answer.stale) return pausedBy(answer);
  if (replica.known) {
    const known = replica.isPaused({ skill: name });
    return known.paused ? { reason: known.reason, pause: toPauseView(known.pause) } : undefined;
  }
  if (answer !== undefined) return pausedBy(answer);
  return onUnknown === 'stop' ? { reason: 'the active pauses could not be read yet', pause: null } : undefined;
}

function pausedBy(answer: CheckAnswer): { reason: string; pause: PauseView | null } | undefined {
  return answer.paused ? { reason: answer.reason ?? 'paused', pause: answer.pause } : undefined;
}
