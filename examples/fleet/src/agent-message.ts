import { z } from 'zod';

/**
 * What an agent's process tells the fleet that started it. Only for the eye: the truth about a task is in the queue.
 */
export const agentMessage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('started'), worker: z.string() }),
  /** The task has come to its end: `succeeded` or `failed` for good. */
  z.strictObject({ kind: z.literal('ended'), id: z.string(), status: z.enum(['succeeded', 'failed']) }),
  z.strictObject({ kind: z.literal('stopped_at_checkpoint'), id: z.string(), skill: z.string(), reason: z.string() }),
  z.strictObject({ kind: z.literal('trouble'), what: z.string() }),
]);

export type AgentMessage = z.infer<typeof agentMessage>;
