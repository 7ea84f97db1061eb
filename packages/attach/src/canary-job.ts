import type { QueueDescription } from './queue.ts';
import { identifier, literal, tableName } from './quote.ts';

/**
 * How a job of this agent is made, and what a claim sets; undefined where that is not known. No worker has a task of
 * this name.
 */
export function canaryJob(
  { engine, schema, table }: QueueDescription,
  agent: string,
): { insert: string; claim: string } | undefined {
  const labels = literal(JSON.stringify({ agent_id: agent }));
  const root = tableName({ schema, name: table });
  switch (engine) {
    case 'graphile-worker':
      return {
        insert: `select j.id::text as id from ${identifier(schema)}.add_job('orchestra.canary', ${labels}::json) j`,
        claim: "locked_at = now(), locked_by = 'orchestra.canary'",
      };
    case 'pg-boss':
      // A job needs a queue; the transaction is rolled back before a worker could see it.
      return {
        insert: `insert into ${root} (name, data) select q.name, ${labels}::jsonb
                   from ${identifier(schema)}.queue q
                   order by q.partition, q.name
                   limit 1
                   returning id::text`,
        claim: "state = 'active', started_on = now()",
      };
    case 'dbos':
      return {
        insert: `insert into ${root} (workflow_uuid, status, name, queue_name, attributes)
                   values (gen_random_uuid()::text, 'ENQUEUED', 'orchestra.canary', 'orchestra.canary',
                           ${labels}::jsonb)
                   returning workflow_uuid as id`,
        claim: "status = 'PENDING'",
      };
    case 'table':
      return undefined;
  }
}
