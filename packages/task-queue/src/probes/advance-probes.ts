import { advisoryKey, inTransaction, type Database, type Transaction } from '@orchestra/database';
import { scopeOf, stayPaused, type Labels, type ScopeKind } from '@orchestra/pause-core';
import type { GatedRepos } from '../sql/predicates.ts';
import { probeVerdict, type ProbeFacts, type ProbeVerdict } from './probe-verdict.ts';
import { chooseProbe } from './choose-probe.ts';
import { probeMayStart, someProbesWait, unmarkProbe } from './unmark-probe.ts';

/** Who lets probes through, and ends pauses whose probe was done. */
export const PROBER = 'senate.probe';

/** How many pauses went which way in one round. */
export interface ProbesRound {
  /** Let a task through. */
  let: number;
  /** Ended, because its probe was done. */
  done: number;
  /** Paused again for the same time, because its probe failed. */
  again: number;
  /** Stays, because the environment of its probe failed. */
  stayed: number;
}

interface ProbingPause {
  id: string;
  scope_kind: ScopeKind;
  scope_value: string;
  also: Labels | null;
  probe_task_id: string | null;
  period: number;
  began: boolean;
}

// So many pauses are asked for at a time.
const BATCH_MAX = 100;
/**
 * The advisory lock under which probes are decided about, one at a time: two pauses must not let two tasks of one scope
 * through.
 */
export const PROBE_DECISIONS = 0x0c_a6;
const OVER =
  "p.cleared_at is null and p.ends_as = 'probe' and p.stayed_at is null and p.paused_at + " +
  'make_interval(secs => p.ttl_seconds) <= clock_timestamp()';

/**
 * Looks after the pauses whose time is over and that are to probe: lets one task of each through, sees what became of
 * it, and does as that says. Safe from several processes at once; nothing is done twice.
 *
 * @param gatedRepos for which repos the serial gate holds; absent: for all, but where claims have let tasks past it
 */
export async function advanceProbes(db: Database, gatedRepos: GatedRepos = null): Promise<ProbesRound> {
  const round: ProbesRound = { let: 0, done: 0, again: 0, stayed: 0 };
  // All of them, batch by batch: a hundred whose probes run for hours must not keep the others waiting.
  for (let last = '0', more = true; more;) {
    const { rows } = await db.query<{ id: string }>(
      `select p.id from senate_pause p where p.id > $1 and ${OVER} order by p.id limit ${BATCH_MAX}`,
      [last],
    );
    for (const { id } of rows) {
      const did = await inTransaction(db, (tx) => lookAfter(tx, id, gatedRepos));
      if (did !== null) round[did] += 1;
    }
    last = rows.at(-1)?.id ?? last;
    more = rows.length === BATCH_MAX;
  }
  return round;
}

async function lookAfter(tx: Transaction, id: string, gatedRepos: GatedRepos): Promise<keyof ProbesRound | null> {
  const {
    rows: [lock],
  } = await tx.query<{ ours: boolean }>(`select pg_try_advisory_xact_lock(${advisoryKey('$1')}) as ours`, [
    PROBE_DECISIONS,
  ]);
  if (!lock?.ours) return null; // somebody else is at it
  await tx.query("select set_config('orchestra.who', $1, true)", [PROBER]);
  // Statements of their own from here on: they see what whoever held the lock before has done.
  const {
    rows: [pause],
  } = await tx.query<ProbingPause>(
    `select p.id, p.scope_kind, p.scope_value, p.also, p.probe_task_id,
            coalesce(p.period_seconds, p.ttl_seconds) as period, p.probing_at is not null as began
       from senate_pause p where p.id = $1 and ${OVER} for no key update skip locked`,
    [id],
  );
  if (pause === undefined) return null;
  // Once this pause probes it holds those back no more, and they would start beside its own. It begins when their marks
  // are gone: while it holds them, the looks after their pauses take them away.
  if (!pause.began && (await someProbesWait(tx, scopeOf(pause)))) return null;
  // What it names before it probes was let go by a person, and decides nothing.
  if (pause.probe_task_id === null || !pause.began) return startNextProbe(tx, pause, gatedRepos);
  const verdict = await verdictOn(tx, pause.id, pause.probe_task_id);
  if (verdict === 'runs') return null;
  if (verdict === 'waits') {
    if ((await probeMayStart(tx, pause.id, gatedRepos)) || !(await unmarkProbe(tx, pause.id, PROBER))) return null;
    return startNextProbe(tx, pause, gatedRepos);
  }
  await tellTask(tx, pause, verdict);
  return follow(tx, pause, verdict, gatedRepos);
}

/** What became of the run that the mark was good for. */
async function verdictOn(tx: Transaction, pauseId: string, taskId: string): Promise<ProbeVerdict> {
  const {
    rows: [facts],
  } = await tx.query<ProbeFacts>(
    `with began as (
       select c.run_id from events_of_task($2) c
        where c.kind = 'claimed'
          and c.id > (select max(m.id)
                        from events_of_task($2) m
                       where m.kind = 'probing'
                         and m.data ->> 'pause_id' = $1::bigint::text)
        order by c.id limit 1)
     select (select t.status from tasks t where t.id = $2) as status,
            exists (select from tasks t where t.id = $2 and t.probe_of = $1::bigint) as marked,
            exists (select from began) as claimed,
            (select e.kind from events_of_task($2) e, began b
              where e.run_id = b.run_id and e.kind not in ('claimed', 'parked', 'unparked', 'stage')
              order by e.id
              limit 1) as "endedAs"`,
    [pauseId, taskId],
  );
  return facts === undefined ? 'lost' : probeVerdict(facts);
}

async function follow(
  tx: Transaction,
  pause: ProbingPause,
  verdict: 'done' | 'code' | 'environment' | 'lost',
  gatedRepos: GatedRepos,
): Promise<keyof ProbesRound | null> {
  const probe = `pause expired; test task ${pause.probe_task_id}`;
  switch (verdict) {
    case 'done':
      await say(tx, `${probe} succeeded, so the pause ended`);
      await tx.query('update senate_pause p set cleared_at = clock_timestamp(), cleared_by = $2 where p.id = $1', [
        pause.id,
        PROBER,
      ]);
      return 'done';
    case 'code':
      await say(tx, `${probe} failed, so the pause lasts another ${pause.period} s`);
      await tx.query(
        `update senate_pause p set ttl_seconds = $2::int + ceil(extract(epoch from statement_timestamp() - p.paused_at))
           where p.id = $1`,
        [pause.id, pause.period],
      );
      return 'again';
    case 'environment':
      await say(tx, `${probe} could not run: its environment failed, so the pause stays until somebody clears it`);
      await stayPaused(tx, pause.id);
      return 'stayed';
    case 'lost':
      return startNextProbe(tx, pause, gatedRepos);
  }
}

/**
 * Lets the next task through, or notes that there is none. Writes nothing where that is known already: every change
 * rings.
 */
async function startNextProbe(tx: Transaction, pause: ProbingPause, gatedRepos: GatedRepos): Promise<'let' | null> {
  const scope = scopeOf(pause);
  const taskId = await chooseProbe(tx, pause.id, scope, gatedRepos);
  await say(
    tx,
    taskId === null
      ? 'pause expired; no test task is there yet'
      : `pause expired; test task ${taskId} runs, and its end decides`,
  );
  if (taskId !== null) {
    await tx.query(
      `with marked as (update tasks t set probe_of = $2::bigint where t.id = $1 returning t.id)
       insert into task_event_rows (task_id, kind, by, data)
       select m.id, 'probing', $3, jsonb_strip_nulls(jsonb_build_object('pause_id', $2::bigint::text, 'scope_kind',
         $4::text, 'scope_value', $5::text, 'also', $6::jsonb))
         from marked m`,
      [taskId, pause.id, PROBER, scope.kind, scope.value, pause.also === null ? null : JSON.stringify(pause.also)],
    );
  }
  if (taskId !== null || pause.probe_task_id !== null || !pause.began) {
    await tx.query(
      `update senate_pause p set probing_at = coalesce(p.probing_at, clock_timestamp()), probe_task_id = $2
         where p.id = $1`,
      [pause.id, taskId],
    );
  }
  return taskId === null ? null : 'let';
}

async function say(tx: Transaction, why: string): Promise<void> {
  await tx.query("select set_config('orchestra.why', $1, true)", [why]);
}

async function tellTask(tx: Transaction, pause: ProbingPause, verdict: ProbeVerdict): Promise<void> {
  await tx.query(
    `insert into task_event_rows (task_id, kind, by, data) select t.id, 'probed', $3,
       jsonb_build_object('pause_id', $2::text, 'verdict', $4::text)
       from tasks t
       where t.id = $1`,
    [pause.probe_task_id, pause.id, PROBER, verdict],
  );
}
