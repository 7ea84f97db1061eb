/**
 * Limits for what only watches, prepares or tests, as long as `until` waits: on a busy machine a connection alone takes
 * longer than the services allow.
 */
export const PATIENT = { connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 };
