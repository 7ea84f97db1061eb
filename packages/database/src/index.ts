export { inTransaction, makePool, type Database, type PoolOptions, type Queryable, type Transaction } from './pool.ts';
export { hasServerChanged, isDatabaseUnavailable, SQLSTATE, sqlState } from './errors.ts';
export { conflictCounts, CONFLICTS, tryAgain, type ConflictCount, type ConflictState } from './try-again.ts';
export { migrate, MIGRATIONS_FOLDER, pendingMigrations, type MigrateReport } from './migrate.ts';
