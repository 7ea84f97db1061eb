import { id, instant, label, labelKind, pauseView } from '@orchestra/pause-core/contract';
import { z } from 'zod';
import { taskStatus } from './tasks.ts';

/** Of each kind so many are listed. */
export const FOUND_MAX = 20;
/** The payloads of so many tasks are looked at, the newest. */
export const PAYLOADS_SEARCHED_MAX = 2_000;
/** Payloads that are stored in more bytes are not looked at. */
export const PAYLOAD_SEARCHED_BYTES_MAX = 8_000;

const found = z
  .strictObject({
    id,
    status: taskStatus,
    agent_id: z.string().nullable(),
    skill: z.string().nullable(),
    quest_id: z.string().nullable(),
    actor_id: z.string().nullable(),
    repo: z.string().nullable(),
    created_at: instant,
  })
  .meta({ id: 'FoundTask' });

/** `GET /api/search` */
export const searchQuery = z.strictObject({
  q: label.describe('an id, or a text that a name, a reason or a payload holds; case makes no difference'),
});
export const searchAnswer = z
  .strictObject({
    q: z.string(),
    task: found.nullable().describe('the task with this id'),
    pause: pauseView.nullable().describe('the pause with this id, active or ended'),
    labels: z
      .array(z.strictObject({ kind: labelKind, value: z.string() }))
      .describe('labels that hold the text, those that are it first; at most twenty'),
    repos: z.array(z.string()).describe('repos whose names hold it; at most twenty'),
    pauses: z.array(pauseView).describe('of the newest thousand those whose reason or scope holds it; at most twenty'),
    tasks: z.array(found).describe('of the newest two thousand those whose payload holds it; at most twenty'),
    tasks_looked_at: z
      .int()
      .describe(
        'the payloads of so many tasks were looked at; older ones, and those of more than 8000 bytes, were not',
      ),
    more: z.boolean().describe('true: of one kind there are more than are listed'),
  })
  .meta({ id: 'SearchAnswer' });

export type SearchQuery = z.input<typeof searchQuery>;
export type FoundTask = z.infer<typeof found>;
export type SearchAnswer = z.infer<typeof searchAnswer>;
