import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { FleetError } from './errors.ts';
import { fileName } from './git/file-name.ts';

export const FILES_PER_TASK_MAX = 200;

const repo = z
  .string()
  .min(1)
  .max(4_096)
  .refine(isAbsolute, 'must be an absolute path: the agent may run in another folder')
  .refine((path) => !path.includes('\0'), 'must not hold NUL');

/** Work over a batch of files. */
export const batchPayload = z.strictObject({
  repo,
  files: z.array(fileName).min(1).max(FILES_PER_TASK_MAX),
});

/** Work over one file. */
export const singlePayload = z.strictObject({
  repo,
  files: z.tuple([fileName]),
});

export type BatchPayload = z.infer<typeof batchPayload>;

/** @throws FleetError `bad_payload`, naming every field that is wrong */
export function parsePayload<T>(contract: z.ZodType<T>, payload: unknown): T {
  const parsed = contract.safeParse(payload);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 10)
    .map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`);
  throw new FleetError('bad_payload', `the payload cannot be worked on: ${problems.join('; ')}`);
}
