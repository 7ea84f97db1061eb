import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { inTransaction, type Database } from '@orchestra/database';
import { CANARY_AGENT_PREFIX, CANARY_LABEL, PauseError, pauseScope, unpauseScope } from '@orchestra/pause-core';
import { actOnTasks } from '../acts/act-on-tasks.ts';
import { CANCEL } from '../acts/cancel-tasks.ts';
import { claimTasks } from '../claim/claim-tasks.ts';
import { completeRun } from '../runs/finish-run.ts';

/** Who proves the brake on a timer. */
export const PROVER = 'senate.proof';

const REASON = 'the self-test of the brake';
// Should nobody be left to clear it.
const TTL_SECONDS = 60;
// A bell is heard within moments; what comes later came by re-reading.
const BELL_MAX_MS = 2_500;
const LOOK_EVERY_MS = 10;

export interface ProofOptions {
  /** Does this process know that the agent is paused? Asked until it does, or a bell would have come long ago. */
  knows: (agent: string) => boolean | Promise<boolean>;
}

/**
 * Proves the brake with an agent that nobody else has: a claim is granted without a pause, the pause settles and is
 * heard of, and a claim under it is refused. Whatever happens, the pause is cleared and no task is left in the queue.
 * No worker can take one: what may start is claimed in the transaction that adds it, and the other is cancelled while
 * it is paused.
 *
 * @returns what went wrong, in words; null: the brake is proved
 * @throws the database's error
 */
export async function proveBrake(db: Database, { knows }: ProofOptions): Promise<string | null> {
  await cancelLeftOver(db);
  const agent = `${CANARY_AGENT_PREFIX}${randomBytes(6).toString('hex')}`;
  const granted = await addAndClaim(db, agent);
  if (granted === undefined) return 'a task that nothing paused was not given to a claim';
  await completeRun(db, granted.id, granted.run_id, null);
  const { pause, settled } = await pauseScope(db, {
    scope: { kind: 'agent', value: agent },
    reason: REASON,
    ttlSeconds: TTL_SECONDS,
    by: PROVER,
    source: 'machine',
  });
  try {
    if (!settled) return 'the pause did not settle: a claim that began before it hangs';
    if (!(await isKnown(() => knows(agent))))
      return `the pause was not heard of within ${BELL_MAX_MS} ms: changes are found by re-reading alone`;
    const id = await inTransaction(db, (tx) => add(tx, agent));
    const [refused] = await claimTasks(db, { worker: PROVER, agents: [agent], limit: 1 });
    if (refused !== undefined) {
      await completeRun(db, refused.id, refused.run_id, null);
      return (
        'A PAUSED TASK WAS CLAIMED: stop the workers, and compare the versions of the services with the ' +
        'migrations of the database'
      );
    }
    await actOnTasks(db, CANCEL, { ids: [id] }, { by: PROVER, reason: REASON });
    return null;
  } finally {
    await cancelLeftOver(db);
    await clear(db, pause.id);
  }
}

/** One that has come to its end meanwhile needs no clearing. */
async function clear(db: Database, id: string): Promise<void> {
  await unpauseScope(db, { target: { id }, by: PROVER, reason: REASON }).catch((error: unknown) => {
    if (!(error instanceof PauseError) || error.code !== 'pause_not_active') throw error;
  });
}

type Statements = Pick<Database, 'query'>;

async function add(tx: Statements, agent: string): Promise<string> {
  const {
    rows: [row],
  } = await tx.query<{ ids: string[] }>('select orchestra_add($1::jsonb, $2, null) as ids', [
    JSON.stringify([
      {
        agent_id: agent,
        skill: CANARY_LABEL,
        priority: -32_768,
        payload: { orchestra_self_test: true },
        max_attempts: 1,
        max_crashes: 1,
      },
    ]),
    PROVER,
  ]);
  const [id] = row?.ids ?? [];
  if (id === undefined) throw new Error('the task of the self-test was added and has no id');
  return id;
}

function addAndClaim(db: Database, agent: string): Promise<{ id: string; run_id: string } | undefined> {
  return inTransaction(db, async (tx) => {
    const id = await add(tx, agent);
    const [claimed] = await claimTasks(tx, { worker: PROVER, agents: [agent], limit: 1 });
    // What is not claimed must not be left to others.
    if (claimed === undefined) await tx.query("update tasks t set status = 'cancelled' where t.id = $1", [id]);
    return claimed;
  });
}

/** Tasks that an earlier test has left, whose process was killed. */
async function cancelLeftOver(db: Database): Promise<void> {
  const { rows } = await db.query<{ id: string }>(
    `select t.id from task_lanes l
       join tasks t on t.lane_id = l.id and t.status = 'queued'
      where l.skill = $1 and starts_with(l.agent_id, $2) and t.created_by = $3 limit 100`,
    [CANARY_LABEL, CANARY_AGENT_PREFIX, PROVER],
  );
  if (rows.length > 0) await actOnTasks(db, CANCEL, { ids: rows.map(({ id }) => id) }, { by: PROVER, reason: REASON });
}

async function isKnown(knows: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const until = performance.now() + BELL_MAX_MS; performance.now() < until;) {
    if (await knows()) return true;
    await delay(LOOK_EVERY_MS);
  }
  return knows();
}
