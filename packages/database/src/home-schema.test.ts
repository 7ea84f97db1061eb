import { expect, test } from 'vitest';
import { givenSchema, schemaNameProblem, searchPathOf } from './home-schema.ts';
import { functionsOf } from './pin-functions.ts';
import { settingOptions, settingStatement } from './session-settings.ts';

test.each(['orchestra', 'My Team', 'a"b', "it's", 'back\\slash', 'drizzle', 'größer', 'x'.repeat(63)])(
  'a schema may be called %s',
  (name) => {
    expect(schemaNameProblem(name)).toBeUndefined();
    expect(givenSchema(name)).toBe(name);
  },
);

test.each([
  [' ', /empty/],
  ['x'.repeat(64), /63 bytes/],
  ['ü'.repeat(32), /63 bytes/],
  ['a\nb', /control/],
  ['pg_brake', /PostgreSQL/],
  ['information_schema', /PostgreSQL/],
  ['$user', /role/],
])('it may not be called %j, and one sentence says why', (name, why) => {
  expect(() => givenSchema(name)).toThrow(why);
  expect(() => givenSchema(name)).toThrow(/^ORCHESTRA_SCHEMA [^.]*$/);
});

test('the search_path is our schema alone, with another system’s alerts behind it', () => {
  expect(searchPathOf({ schema: 'My "Team"', alertsSchema: null })).toBe('"My ""Team""", pg_temp');
  expect(searchPathOf({ schema: 'orchestra', alertsSchema: 'public' })).toBe('"orchestra", "public", pg_temp');
  expect(searchPathOf({ schema: 'public', alertsSchema: 'public' })).toBe('"public", pg_temp');
});

test('a value with quotes and backslashes stays one value', () => {
  expect(settingStatement({ search_path: `"it's \\ mine"` }, 'local')).toBe(
    `select pg_catalog.set_config('search_path',  E'"it''s \\\\ mine"', true)`,
  );
  expect(settingOptions(undefined, { search_path: '"a b\\c"' })).toBe('-c search_path="a\\ b\\\\c"');
});

test('the functions of the migrations are found in their text', () => {
  expect(
    functionsOf([
      { sql: 'create function one() returns int\nCREATE OR REPLACE FUNCTION two(a int)' },
      { sql: 'create or replace function one() x; drop function three()' },
    ]),
  ).toEqual(['one', 'two']);
});
