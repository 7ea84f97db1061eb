import { customType } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { readInstant } from './instants.ts';
import { readJson } from './json-values.ts';

const { TIMESTAMPTZ, JSON: JSON_TYPE, JSONB } = pg.types.builtins;

// For every connection of the process, because drizzle asks pg itself and no pool.
pg.types.setTypeParser(TIMESTAMPTZ, readInstant);
pg.types.setTypeParser(JSONB, readJson);
pg.types.setTypeParser(JSON_TYPE, readJson);

/** drizzle's own column would parse a text that stands in jsonb once more: the text "12" would become a number. */
export const jsonbColumn = customType<{ data: unknown; driverData: unknown }>({
  dataType: () => 'jsonb',
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (value) => value,
});

/** drizzle asks for instants as text. */
export const instantColumn = customType<{ data: Date; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  toDriver: (value) => value.toISOString(),
  fromDriver: readInstant,
});
