import { z } from 'zod';
import { REPOS } from './place.ts';

/** What a task of this example is about: one small change to one repository. */
export const change = z.object({
  repo: z.enum(REPOS),
  /** Names the file and the branch. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/),
  /** What makes it worth watching. */
  story: z.enum(['plain', 'unclear', 'wrong_at_first', 'slow_suite']),
});
export type Change = z.infer<typeof change>;

/** Where it is developed, tested and merged from. */
export function branchOf({ name }: Change): string {
  return `change/${name}`;
}
