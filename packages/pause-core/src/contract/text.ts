import { z } from 'zod';

/** C0 and C1 controls, line and paragraph separators: nothing that a name or a label may hold. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029]/u;
// Reasons are prose: line breaks and tabs are allowed in them, other controls (NUL, escape) are not.
const UNPRINTABLE_IN_PROSE = /[\p{Cs}]|(?![\n\r\t])\p{Cc}/u;

/** A label, a name or a scope value: 1 to 200 printable characters, no blanks at either end. */
export const label = z.string()
  .min(1, 'must not be empty')
  .refine((text) => [...text].length <= 200, 'must be at most 200 characters')
  .refine((text) => !UNPRINTABLE.test(text), 'must hold printable characters only')
  .refine((text) => text.trim() === text && text !== '', 'must not be blank or begin or end with a blank')
  .meta({ id: 'Label', description: '1 to 200 printable characters', example: 'skeptic', minLength: 1, maxLength: 200 });

/** Why something is done, for the people who meet it: 1 to 2,000 characters. */
export const reason = z.string()
  .refine((text) => text.trim() !== '', 'must not be blank')
  .refine((text) => [...text].length <= 2_000, 'must be at most 2,000 characters')
  .refine((text) => !UNPRINTABLE_IN_PROSE.test(text), 'must not hold control characters or lone surrogates')
  .meta({ id: 'Reason', description: '1 to 2,000 characters', example: 'runaway loop', minLength: 1, maxLength: 2_000 });

/** A database id: digits, as a string, because it may pass JavaScript's safe integers. */
export const id = z.string()
  // Without abort the next check would run on what is no number, and throw.
  .regex(/^[1-9][0-9]{0,18}$/, { error: 'must be an id: digits only', abort: true })
  .refine((text) => BigInt(text) <= 9_223_372_036_854_775_807n, 'must be an id that can exist')
  .meta({ id: 'Id', example: '42' });

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
