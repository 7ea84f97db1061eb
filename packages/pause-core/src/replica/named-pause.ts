import { z } from 'zod';
import { PAUSE_SOURCES, type ActivePause } from '../pause.ts';
import { LABEL_KINDS, SCOPE_KINDS, scopeOf } from '../scope.ts';

/** What the trigger on `senate_pause` writes into the bell of a pause that was added. */
const namedPause = z.object({
  /** Of the tables; left out: `public`. */
  schema: z.string().default('public'),
  id: z.string().regex(/^[1-9]\d{0,18}$/),
  scope_kind: z.enum(SCOPE_KINDS),
  scope_value: z.string().min(1),
  also: z.partialRecord(z.enum(LABEL_KINDS), z.string().min(1)).nullish(),
  reason: z.string(),
  source: z.enum(PAUSE_SOURCES),
  paused_at: z.iso.datetime({ offset: true }),
  paused_by: z.string(),
  ttl_seconds: z.int().nullable(),
});

/**
 * The pause that a bell names; undefined: it names none that can be understood, or one of another installation in the
 * same database, and is a bell like any other.
 *
 * @param schema in which the reader's pauses are; undefined: not known, while nothing can be read, and any pause holds
 */
export function readNamedPause(json: string, schema: string | undefined): ActivePause | undefined {
  const parsed = namedPause.safeParse(parse(json));
  if (!parsed.success || (schema !== undefined && parsed.data.schema !== schema)) return undefined;
  const { id, reason, source, paused_at, paused_by: pausedBy, ttl_seconds: ttlSeconds } = parsed.data;
  return {
    id,
    scope: scopeOf(parsed.data),
    reason,
    source,
    pausedAt: new Date(paused_at),
    pausedBy,
    ttlSeconds,
    clearedAt: null,
    clearedBy: null,
    quietAt: null,
    endsAs: 'resume',
    stayedAt: null,
    probingAt: null,
    probeTaskId: null,
    warnedAt: null,
    remainingMs: ttlSeconds === null ? null : ttlSeconds * 1_000,
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // rung by hand
  }
}
