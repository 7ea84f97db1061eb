import { z } from 'zod';
import { DECEIVING } from '../visible-text.ts';

/** C0 and C1 controls, line and paragraph separators: nothing that a name or a label may hold. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029]/u;
// Two labels that look the same must be the same: an agent with an unseen character in its name would escape its pause.
// The joiners U+200C and U+200D stay, because scripts and emoji need them. `label_problem` says the same in SQL
// (migrations/0012_true_rows.sql).
const INVISIBLE = new RegExp(
  String.raw`[${DECEIVING}\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u2060-\u206f\u3164\uffa0]`,
  'u',
);
// Reasons are prose: line breaks and tabs are allowed in them, other controls (NUL, escape) are not.
const UNPRINTABLE_IN_PROSE = /[\p{Cs}]|(?![\n\r\t])\p{Cc}/u;

/**
 * A label, a name or a scope value: 1 to 200 printable characters, no blanks at either end. One name in two spellings
 * of Unicode is one label: it is read as NFC.
 */
export const label = z
  .string()
  .normalize('NFC')
  .min(1, 'must not be empty')
  .refine((text) => [...text].length <= 200, 'must be at most 200 characters')
  .refine((text) => !UNPRINTABLE.test(text), 'must hold printable characters only')
  .refine((text) => !INVISIBLE.test(text), 'must not hold invisible characters')
  .refine((text) => text.trim() === text && text !== '', 'must not be blank or begin or end with a blank')
  .meta({
    id: 'Label',
    description: '1 to 200 printable characters',
    example: 'skeptic',
    minLength: 1,
    maxLength: 200,
  });

/** Why something is done, for the people who meet it: 1 to 2,000 characters. */
export const reason = z
  .string()
  .refine((text) => text.trim() !== '', 'must not be blank')
  .refine((text) => [...text].length <= 2_000, 'must be at most 2,000 characters')
  .refine((text) => !UNPRINTABLE_IN_PROSE.test(text), 'must not hold control characters or lone surrogates')
  .meta({
    id: 'Reason',
    description: '1 to 2,000 characters',
    example: 'runaway loop',
    minLength: 1,
    maxLength: 2_000,
  });

/** A database id: digits, as a string, because it may pass JavaScript's safe integers. */
export const id = z
  .string()
  // Without abort the next check would run on what is no number, and throw.
  .regex(/^[1-9][0-9]{0,18}$/, { error: 'must be an id: digits only', abort: true })
  .refine((text) => BigInt(text) <= 9_223_372_036_854_775_807n, 'must be an id that can exist')
  .meta({ id: 'Id', example: '42' });

/** The id of a run. Any UUID: a run that was begun by SQL may have one that no generator makes. */
export const runId = z.guid().meta({ id: 'RunId', example: '0b6c6f0e-58f2-4c0b-9d1e-2f1f7c9a4e11' });

/** An instant as RFC 3339, always in UTC on the way out. */
export const instant = z.iso.datetime({ offset: true }).meta({ id: 'Instant', example: '2026-11-21T03:00:00.000Z' });

const CURSOR = /^[A-Za-z0-9_-]{1,200}$/;

/** How a list is paged: send back `next_cursor` as `cursor` for the following page. */
export const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().regex(CURSOR, 'must be a next_cursor that an earlier answer gave').optional(),
});

/** True in a query string: `true`, `1`, or the bare word. */
export const queryFlag = z.enum(['true', 'false', '1', '0', '']).transform((text) => text !== 'false' && text !== '0');
