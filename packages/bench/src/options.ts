import { parseArgs } from 'node:util';

export interface Options {
  quick: boolean;
  long: boolean;
  /** Names of measures; undefined: all of them. */
  only: readonly string[] | undefined;
  /** Where the figures go besides. */
  json: string | undefined;
  /** Whether docs/performance.md is written. */
  docs: boolean;
  help: boolean;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `pnpm bench [--quick] [--only name[,name]] [--long] [--json file] [--docs]

  --quick   smaller queues and three rounds: a first impression in minutes
  --only    these measures and no others
  --long    also watch memory for ten minutes
  --json    write every figure to this file
  --docs    write docs/performance.md also after a part of the measures; a whole run always does

DATABASE_URL names a PostgreSQL to measure on; without it one is started with PostgreSQL's default settings.
`;

/** @throws UsageError that says what to do */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const { values } = parse(args);
  const only = values.only
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = only?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0)
    throw new UsageError(`there is no measure ${unknown.join(', ')}: take one of ${known.join(', ')}`);
  if (only?.length === 0) throw new UsageError(`--only needs at least one of ${known.join(', ')}`);
  return { quick: values.quick, long: values.long, only, json: values.json, docs: values.docs, help: values.help };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      // `pnpm bench -- --quick` passes the two dashes on.
      args: args[0] === '--' ? args.slice(1) : [...args],
      options: {
        quick: { type: 'boolean', default: false },
        long: { type: 'boolean', default: false },
        docs: { type: 'boolean', default: false },
        only: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
