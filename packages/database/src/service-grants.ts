// The one list of what a role needs that runs the services and does not own the tables. docs/operations.md prints it, and tests hold both together.

/** Tables from which the services delete as they go: what is done with, and what is older than it is kept. */
const FORGETS = ['idempotency_keys', 'known_labels', 'notice_deliveries', 'notice_targets', 'run_stops', 'runner_preflights', 'task_lanes', 'task_output', 'task_totals', 'turn_gates', 'gate_refusals', 'worker_sightings'] as const;
/** Only where `ORCHESTRA_RETENTION_DAYS` is set. */
const RETENTION = ['tasks', 'task_events'] as const;

/** The grants, each one statement. `role` is an identifier as SQL writes it. */
export function serviceGrants(role: string): string[] {
  return [
    `grant usage on schema public, drizzle to ${role}`,
    `grant select on all tables in schema public, drizzle to ${role}`,
    `grant insert, update on all tables in schema public to ${role}`,
    `grant delete on ${FORGETS.join(', ')} to ${role}`,
    `grant usage, select on all sequences in schema public to ${role}`,
  ];
}

/** What the deletion of old tasks needs besides. */
export function retentionGrant(role: string): string {
  return `grant delete on ${RETENTION.join(', ')} to ${role}`;
}

/** Every table that one of the grants lets the services delete from. */
export const DELETED_FROM: readonly string[] = [...FORGETS, ...RETENTION];
