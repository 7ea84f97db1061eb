import { z } from 'zod';

/** What a task of the workload asks of its handler. */
export const workPayload = z.object({
  /** Which of the workload's calls added it: so an enqueue of which nobody heard is found again. */
  key: z.string(),
  ms: z.number(),
  /** A deaf handler works on after its run was taken away, as a careless one does. */
  manners: z.enum(['looks at checkpoints', 'heeds its signal', 'deaf']),
  /** So many attempts fail before one may succeed. */
  failures: z.number(),
});
export type WorkPayload = z.infer<typeof workPayload>;
