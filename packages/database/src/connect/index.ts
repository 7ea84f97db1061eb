// What a program needs to reach a database of Orchestra that is neither a service nor the command line: no migrations,
// and nothing here changes how `pg` reads values, which would hold for all that the program does with it.
export { explainDatabaseFailure, type DatabaseFailure, type DatabaseFailureCode } from '../explain-failure.ts';
export { hasServerChanged, isDatabaseUnavailable, SQLSTATE, sqlState } from '../errors.ts';
export { readInstant } from '../instants.ts';
export { isNestedTooDeep, readJson } from '../json-values.ts';
export { makePool, type Database, type Queryable } from '../pool.ts';
export { SESSION_SETTINGS, settingOptions } from '../session-settings.ts';
export { isShared } from '../shared-session.ts';
export { connectionTo, withoutPassword, type Connection } from './connection.ts';
export type { ServerStream } from './server-stream.ts';
