import { finishRequest, type Ending, type FinishRequest } from '@orchestra/task-queue/contract';
import type { ClaimOrder } from '@orchestra/task-queue/direct';
import type { AskedClaim } from '../door.ts';
import { problem } from './direct-errors.ts';

// As long as a body may be over HTTP.
const BYTES_MAX = 262_144;

/** @throws ApiError for what could not be kept over HTTP either */
export function endingsOf({ ended }: FinishRequest): Ending[] {
  if (ended.length === 0) return [];
  const parsed = finishRequest.safeParse({ ended });
  if (!parsed.success)
    throw problem(
      422,
      'invalid_request',
      parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '),
    );
  if (Buffer.byteLength(JSON.stringify(ended)) > BYTES_MAX)
    throw problem(413, 'body_too_large', `what these runs bring is longer than ${BYTES_MAX} bytes`);
  return parsed.data.ended;
}

/** What a claim asks for, in the words of the queue. */
export function orderOf(request: AskedClaim): ClaimOrder {
  const {
    worker,
    limit = 1,
    host,
    pid,
    boot_id: bootId,
    pid_namespace: pidNamespace,
    process_started: processStarted,
    agents,
    skills,
    ahead = 0,
  } = request;
  return {
    worker,
    limit,
    host,
    pid,
    bootId,
    pidNamespace,
    processStarted,
    agents,
    skills,
    begins: limit - Math.min(ahead, limit),
  };
}
