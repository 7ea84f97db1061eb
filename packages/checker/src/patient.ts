/** Limits for what only watches or prepares: on a busy machine a connection alone takes longer than services allow. */
export const PATIENT = { connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 };
