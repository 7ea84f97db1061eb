/**
 * Every way out of `running` clears the owner in the same statement (P15), and what was known of its process.
 * `worker_id` and
 * `host` stay for the reader.
 */
export const CLEAR_RUN_COLUMNS = `run_id = null, pid = null, started_at = null, heartbeat_at = null,
         boot_id = null, pid_namespace = null, process_started = null, prefetched = false`;

/** A task `t` that cannot be: it waits, and still names a run. An older schema may have left some. */
export const INVALID_QUEUED_ROW =
  "t.status = 'queued' and (t.run_id is not null or t.pid is not null or t.started_at is not null)";
