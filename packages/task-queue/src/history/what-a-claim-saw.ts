/**
 * In SQL, of a `claimed` event: a label that its task carried then. Events from before labels were kept: what the task
 * carries now.
 */
export const labelAtClaim = (event: string, task: string, column: string): string =>
  `case when jsonb_typeof(${event}.data -> 'labels') = 'object' then ${event}.data -> 'labels' ->> ` +
  `'${column}' else ${column === 'skill' ? `coalesce(${event}.data ->> 'skill', ${task}.skill)` : `${task}.${column}`} end`;

/**
 * In SQL, of an event that ended a run: one row with the label (`value`) that the run was claimed with. Of what never
 * was claimed: what the task carries now.
 */
export const labelOfRun = (ending: string, task: string, column: string): string => `
       select coalesce((select jsonb_build_array(${labelAtClaim('c', task, column)})
                          from events_of_task(${ending}.task_id) c
                         where c.run_id = ${ending}.run_id and c.kind = 'claimed' order by c.id limit 1),
                       jsonb_build_array(${task}.${column})) ->> 0 as value`;

/** In SQL, of a `claimed` event: its snapshot; null where it has none, or something else was written there by hand. */
export const snapshotOf = (event: string): string =>
  `case when ${event}.data ->> 'snapshot' ~ '^[0-9]{1,18}:[0-9]{1,18}:([0-9]{1,18}(,[0-9]{1,18})*)?$' ` +
  `then (${event}.data ->> 'snapshot')::pg_snapshot end`;

// Clocks of two clusters, and how long a transaction may have gone on after it was dated.
const SLACK = "interval '1 minute'";
// No transaction here lasts as long as this, so what its ids and its clock tell differently comes from two clusters.
const LONGEST_TRANSACTION = "interval '1 hour'";

/**
 * In SQL: did the claim see what an event of `senate_events` says? Null: cannot be told. Within one cluster a snapshot
 * tells it exactly. Ids of two clusters say nothing about each other (a dump that was loaded elsewhere, an upgrade into
 * a new cluster). Then what was there before the database moved was seen by every claim after it, and the clock tells
 * the rest.
 *
 * @param event a row of `senate_events`
 * @param claim a row with `snapshot`, `cluster` and `at` of a claimed event
 */
export const sawEvent = (event: string, claim: string): string => `
  case when ${event}.xid is null then true -- from before ids were kept, and so were snapshots
       when ${event}.cluster = ${claim}.cluster then pg_visible_in_snapshot(${event}.xid, ${claim}.snapshot)
       when ${event}.cluster is null and ${claim}.cluster is null
         then case when pg_visible_in_snapshot(${event}.xid, ${claim}.snapshot) = (${event}.at < ${claim}.at)
           or ${event}.at between ${claim}.at - ${LONGEST_TRANSACTION} and ${claim}.at + ${LONGEST_TRANSACTION}
                   then pg_visible_in_snapshot(${event}.xid, ${claim}.snapshot) end
       -- since one release both are kept
       when ${event}.cluster is null then true
       when ${claim}.cluster is null then false
       when ${event}.at < ${claim}.at - ${SLACK} then true
       when ${event}.at > ${claim}.at + ${SLACK} then false
       when ${claim}.cluster = (select cluster_id()) then true
       when ${event}.cluster = (select cluster_id()) then false
  end`;
