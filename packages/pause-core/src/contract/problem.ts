import { z } from 'zod';
import { PAUSE_ERROR_CODES } from '../errors.ts';

/** Codes that the HTTP edge itself answers with. */
export const EDGE_CODES = [
  'invalid_request',
  'malformed_json',
  'body_too_large',
  'unsupported_media_type',
  'unauthenticated',
  'forbidden',
  'label_not_allowed',
  'not_found',
  'method_not_allowed',
  'unknown_host',
  'expectation_failed',
  'headers_too_large',
  'request_timeout',
  'too_many_sign_ins',
  'token_share_used',
  'too_many_streams',
  'too_many_waiters',
  'database_unavailable',
  'internal_error',
] as const;

/** Codes of the task queue's refusals. Kept here so that one closed list serves every client. */
export const TASK_ERROR_CODES = [
  'task_not_found',
  'run_not_owner',
  'task_has_ended',
  'no_open_question',
  'questions_off',
  'repo_not_found',
  'task_not_held',
  'unknown_stage',
  'parked_by_another',
  'run_not_stopped',
  'stop_not_found',
] as const;
export type TaskErrorCode = (typeof TASK_ERROR_CODES)[number];

export const PROBLEM_CODES = [...EDGE_CODES, ...PAUSE_ERROR_CODES, ...TASK_ERROR_CODES] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** An error as RFC 9457 tells it. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(PROBLEM_CODES),
    detail: z.string(),
    errors: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .optional()
      .describe('every offending field'),
    instance: z.string().optional().describe('the request id, as in the log'),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof problem>;
