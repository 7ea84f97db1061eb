import { randomUUID } from 'node:crypto';
import { attach, pgBoss } from '@orchestra/attach';
import { PgBoss } from 'pg-boss';
import { makeRole } from '../chaos/surroundings.ts';
import type { Trial } from './property.ts';

const NAME = 'pg-boss';
const QUEUE = 'work';
const SETTINGS = { migrate: false, supervise: false, schedule: false, max: 4 } as const;

/** pg-boss as it is, attached, with workers under two roles. */
export interface AttachedEngine {
  add: (agents: readonly string[]) => Promise<void>;
  /** Claims; `bound`: under a role that the policy binds, else as a superuser. */
  fetch: (bound: boolean, limit: number) => Promise<{ id: string; agent: string }[]>;
  complete: (id: string) => Promise<void>;
  fail: (id: string) => Promise<void>;
  /** How many jobs wait of agents that no active pause names. */
  free: () => Promise<number>;
  stop: () => Promise<void>;
}

export async function startAttachedEngine({ url, db }: Trial): Promise<AttachedEngine> {
  const role = `trial_worker_${randomUUID().slice(0, 8)}`;
  const admin = await started(new PgBoss({ connectionString: url, supervise: false, schedule: false, max: 4 }));
  await admin.createQueue(QUEUE, { retryLimit: 1_000, retryDelay: 0 });
  const boundUrl = await makeRole(db, url, role, [
    `grant usage on schema pgboss to ${role}`,
    `grant select, insert, update, delete on all tables in schema pgboss to ${role}`,
  ]);
  await attach(db, NAME, pgBoss());
  const worker = await started(new PgBoss({ connectionString: boundUrl, ...SETTINGS }));
  return {
    add: async (agents) => {
      await admin.insert(
        QUEUE,
        agents.map((agent) => ({ data: { agent_id: agent } })),
      );
    },
    fetch: async (bound, limit) =>
      (await (bound ? worker : admin).fetch<{ agent_id: string }>(QUEUE, { batchSize: limit })).map(({ id, data }) => ({
        id,
        agent: data.agent_id,
      })),
    complete: async (id) => {
      await admin.complete(QUEUE, id);
    },
    fail: async (id) => {
      await admin.fail(QUEUE, id);
    },
    free: async () => {
      const {
        rows: [row],
      } = await db.query<{ free: number }>(
        `select count(*)::int as free from orchestra_work_pg_boss w
          where w.state = 'waiting' and not exists (select
                                                      from active_pauses p
                                                     where w.scopes @> pause_labels(p.scope_kind, p.scope_value,
                                                       p.also))`,
      );
      return row?.free ?? 0;
    },
    stop: async () => {
      await worker.stop({ graceful: false });
      await admin.stop({ graceful: false });
      await db.query(`drop owned by ${role}; drop role ${role}`);
    },
  };
}

async function started(boss: PgBoss): Promise<PgBoss> {
  boss.on('error', () => {}); // what a call could not do is its own error
  await boss.start();
  return boss;
}
