import { AttachError } from './errors.ts';
import type { Condition, LabelPlace, QueueDescription } from './queue.ts';

/** A queue as somebody describes it on the command line. */
export interface GivenQueue {
  /** `TABLE` or `SCHEMA.TABLE` */
  table: string;
  id?: string | undefined;
  waiting: string;
  running: string;
  agent?: string | undefined;
  skill?: string | undefined;
  quest?: string | undefined;
  actor?: string | undefined;
  claimText?: string | undefined;
  wakeChannel?: string | undefined;
  claimedAt?: string | undefined;
}

const COLUMN = '[A-Za-z_][A-Za-z0-9_]*';
const IS = new RegExp(`^(${COLUMN})\\s+is\\s+(not\\s+)?null$`, 'i');
const IN = new RegExp(`^(${COLUMN})\\s*=\\s*([^=]+)$`);
const PLACE = new RegExp(`^(${COLUMN})(?:\\.(.+))?$`);
const TABLE = new RegExp(`^(?:(${COLUMN})\\.)?(${COLUMN})$`);

/** @throws AttachError `description_not_understood` */
export function givenQueue(given: GivenQueue): QueueDescription {
  const [, schema = 'public', table] = TABLE.exec(given.table) ?? [];
  if (table === undefined)
    throw new AttachError('description_not_understood', `"${given.table}" is not a table: say TABLE or SCHEMA.TABLE`);
  const labels = {
    agent: places(given.agent),
    skill: places(given.skill),
    quest: places(given.quest),
    actor: places(given.actor),
  };
  if (Object.values(labels).every((found) => found.length === 0)) {
    throw new AttachError(
      'description_not_understood',
      'say where a label is, with --agent, --skill, --quest or --actor: without one no pause would cover a job',
    );
  }
  return {
    engine: 'table',
    schema,
    table,
    id: given.id ?? 'id',
    waiting: [condition(given.waiting)],
    running: [condition(given.running)],
    alive: [],
    labels,
    claimedAt: given.claimedAt === undefined ? undefined : { column: columnOnly(given.claimedAt) },
    claimText: given.claimText === undefined ? undefined : asRegularExpression(given.claimText),
    wake: given.wakeChannel === undefined ? undefined : { channel: given.wakeChannel, payload: '' },
  };
}

/** `status=queued,retry`, `locked_at is null` or `locked_at is not null`. */
function condition(text: string): Condition {
  const given = text.trim();
  const [, nullable, not] = IS.exec(given) ?? [];
  if (nullable !== undefined) return { column: nullable, is: not === undefined ? 'null' : 'not null' };
  const [, column, values] = IN.exec(given) ?? [];
  if (column === undefined || values === undefined) {
    throw new AttachError(
      'description_not_understood',
      `"${text}" is not understood: say for example status=queued, status=queued,retry or "locked_at is null"`,
    );
  }
  return { column, in: values.split(',').map((value) => value.trim()) };
}

function columnOnly(text: string): string {
  if (!new RegExp(`^${COLUMN}$`).test(text))
    throw new AttachError('description_not_understood', `"${text}" is not understood: say COLUMN`);
  return text;
}

/** `agent_id`, or `payload.agent_id` for a key of a JSON column. */
function places(text: string | undefined): LabelPlace[] {
  if (text === undefined) return [];
  const [, column, key] = PLACE.exec(text.trim()) ?? [];
  if (column === undefined)
    throw new AttachError(
      'description_not_understood',
      `"${text}" is not understood: say COLUMN, or COLUMN.KEY for a key of a JSON column`,
    );
  return [key === undefined ? { column } : { column, key }];
}

/** Words that follow each other with whatever white space between them. */
function asRegularExpression(words: string): string {
  return words
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll(/[^\w]/g, (character) => `\\${character}`))
    .join('\\s+');
}
