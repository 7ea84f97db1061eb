import type { LabelPlace, QueueDescription } from './queue.ts';

/** The labels of a job, under the usual keys of its payload. */
function payloadLabels(column: string, skills: readonly LabelPlace[] = []): QueueDescription['labels'] {
  return {
    agent: [{ column, key: 'agent_id' }],
    skill: [{ column, key: 'skill' }, ...skills],
    quest: [{ column, key: 'quest_id' }],
    actor: [{ column, key: 'actor_id' }],
  };
}

// These two claim with `for update … skip locked`, and say it in no other statement about jobs that wait.
const SKIP_LOCKED = 'skip\\s+locked';

/** graphile-worker, with the tables of its versions from 0.14 on. */
export function graphileWorker(schema = 'graphile_worker'): QueueDescription {
  return {
    engine: 'graphile-worker',
    schema,
    table: '_private_jobs',
    id: 'id',
    waiting: [{ column: 'locked_at', is: 'null' }],
    running: [{ column: 'locked_at', is: 'not null' }],
    // A job that has used up its attempts stays in the table and never runs again.
    alive: [{ column: 'is_available', in: ['true'] }],
    labels: payloadLabels('payload'),
    taskNames: { column: 'task_id', table: '_private_tasks', id: 'id', name: 'identifier' },
    claimText: SKIP_LOCKED,
    claimGroup: ['locked_by', 'locked_at'],
    claimedAt: { column: 'locked_at' },
    wake: { channel: 'jobs:insert', payload: '{"r":"orchestra","count":1}' },
    serialQueues: {
      table: '_private_job_queues',
      id: 'id',
      lockedAt: 'locked_at',
      lockedBy: 'locked_by',
      ofJob: 'job_queue_id',
    },
  };
}

/**
 * pg-boss, with one table `job` and its partitions. It looks for jobs twice a second or less often, and is not woken.
 */
export function pgBoss(schema = 'pgboss'): QueueDescription {
  return {
    engine: 'pg-boss',
    schema,
    table: 'job',
    id: 'id',
    waiting: [{ column: 'state', in: ['created', 'retry'] }],
    running: [{ column: 'state', in: ['active'] }],
    alive: [],
    labels: payloadLabels('data', [{ column: 'name' }]),
    claimText: SKIP_LOCKED,
    claimGroup: ['name', 'started_on'],
    claimedAt: { column: 'started_on' },
  };
}

/**
 * DBOS, with the tables of its version 5. A workflow carries its labels in its attributes; its name and its queue are
 * skills too, and its authenticated user is an actor. It looks for workflows once a second, and is not woken.
 */
export function dbos(schema = 'dbos'): QueueDescription {
  return {
    engine: 'dbos',
    schema,
    table: 'workflow_status',
    id: 'workflow_uuid',
    waiting: [{ column: 'status', in: ['ENQUEUED'] }],
    running: [{ column: 'status', in: ['PENDING'] }],
    alive: [],
    labels: {
      agent: [{ column: 'attributes', key: 'agent_id' }],
      skill: [{ column: 'attributes', key: 'skill' }, { column: 'name' }, { column: 'queue_name' }],
      quest: [{ column: 'attributes', key: 'quest_id' }],
      actor: [{ column: 'attributes', key: 'actor_id' }, { column: 'authenticated_user' }],
    },
    // A queue with a limit that executors share locks without waiting, under REPEATABLE READ or SERIALIZABLE.
    claimText: 'for\\s+update\\s+(skip\\s+locked|nowait)',
    snapshots: 'old',
    claimedAt: { column: 'started_at_epoch_ms', epochMs: true },
  };
}
