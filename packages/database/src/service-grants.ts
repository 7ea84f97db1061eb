// The one list of what roles need that do not own the tables: one that runs the services (docs/operations.md), and one
// of direct workers (docs/direct.md). Both pages print it, and tests hold them together.

/** Tables from which the services delete as they go: what is done with, and what is older than it is kept. */
const FORGETS = [
  'idempotency_keys',
  'known_labels',
  'notice_deliveries',
  'notice_targets',
  'queue_minutes',
  'run_stops',
  'runner_preflights',
  'task_lanes',
  'task_output',
  'task_totals',
  'turn_gates',
  'gate_refusals',
  'worker_sightings',
] as const;
/** Only where `ORCHESTRA_RETENTION_DAYS` is set. */
const RETENTION = ['tasks', 'task_events'] as const;

/**
 * The grants, each one statement.
 *
 * @param role an identifier as SQL writes it, as is the schema
 */
export function serviceGrants(role: string, schema = 'orchestra'): string[] {
  return [
    `grant usage on schema ${schema} to ${role}`,
    `grant select, insert, update on all tables in schema ${schema} to ${role}`,
    `revoke insert, update on ${schema}.orchestra_migrations from ${role}`,
    `grant delete on ${listOf(FORGETS, schema)} to ${role}`,
    `grant usage, select on all sequences in schema ${schema} to ${role}`,
  ];
}

/** What the deletion of old tasks needs besides. */
export function retentionGrant(role: string, schema = 'orchestra'): string {
  return `grant delete on ${listOf(RETENTION, schema)} to ${role}`;
}

function listOf(names: readonly string[], schema: string): string {
  return names.map((name) => `${schema}.${name}`).join(', ');
}

/** Every table that one of the grants lets the services delete from. */
export const DELETED_FROM: readonly string[] = [...FORGETS, ...RETENTION];

/** Every function that a direct worker calls (migrations/0038). Each decides by itself what is the caller's. */
const WORK = ['', '_add', '_ask', '_beat', '_begun', '_line_up', '_pauses', '_raise', '_stopped', '_tend', '_why'].map(
  (what) => `orchestra_work${what}`,
);

/** What a direct worker's role may do, and nothing else: it reads no table and changes none. */
export function workerGrants(role: string, schema = 'orchestra'): string[] {
  return [`grant usage on schema ${schema} to ${role}`, `grant execute on function ${listOf(WORK, schema)} to ${role}`];
}
