import { z } from 'zod';
import { LOCAL_POSTGRES_ERROR_CODES } from './errors.ts';

/** What {@link spawnCluster} gives its child, as JSON on the command line. */
export const supervisorOptions = z.strictObject({
  folder: z.string().min(1),
  settings: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  persistent: z.boolean().optional(),
  port: z.int().min(1).max(65_535).optional(),
});

/** What the child tells its parent. */
export const supervisorMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('notice'), line: z.string() }),
  z.strictObject({ type: z.literal('ready'), url: z.string() }),
  z.strictObject({ type: z.literal('failed'), code: z.enum(LOCAL_POSTGRES_ERROR_CODES), message: z.string() }),
]);

export type SupervisorOptions = z.infer<typeof supervisorOptions>;
export type SupervisorMessage = z.infer<typeof supervisorMessage>;
