export { advisoryKey, advisoryName } from './advisory-key.ts';
export { AddressError } from './address/address.ts';
export { parseAddress } from './address/parse-address.ts';
export { namesPassword, plainUrl, withPassword } from './address/plain-url.ts';
export { connectionsOf, HELD, POOL_SIZES, type PooledService } from './connection-budget.ts';
export { connectionTo, withoutPassword, type Connection } from './connect/connection.ts';
export type { ServerStream } from './connect/server-stream.ts';
export { alertsShapeProblems, ExistingAlertsError } from './existing-alerts.ts';
export { explainDatabaseFailure, type DatabaseFailure, type DatabaseFailureCode } from './explain-failure.ts';
export {
  findHome,
  givenSchema,
  quoteName,
  quoteText,
  schemaNameProblem,
  SchemaNameError,
  searchPathOf,
  type Home,
} from './home-schema.ts';
export { hasServerChanged, isDatabaseUnavailable, SQLSTATE, sqlState } from './errors.ts';
export { conflictCounts, CONFLICTS, tryAgain, type ConflictCount, type ConflictState } from './try-again.ts';
export { migrate, MIGRATIONS_FOLDER, pendingMigrations, type MigrateReport } from './migrate.ts';
export {
  inTransaction,
  isTransaction,
  makePool,
  type Database,
  type PoolOptions,
  type Queryable,
  type Transaction,
} from './pool.ts';
export { differingSettings, SESSION_SETTINGS, settingOptions, settingStatement } from './session-settings.ts';
export { DELETED_FROM, retentionGrant, serviceGrants, workerGrants } from './service-grants.ts';
export { refuseUnsuitable, UnsuitableServerError } from './suitable-server.ts';
export { FIRST_INSTANT, insideOfTime, inUtc, LAST_INSTANT, readInstant } from './instants.ts';
export { isNestedTooDeep, readJson } from './json-values.ts';
export { instantColumn, jsonbColumn } from './value-types.ts';
