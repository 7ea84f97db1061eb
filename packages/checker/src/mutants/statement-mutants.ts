import { HELD_UP_LOCK } from '../stepped/held-up-lock.ts';
import type { Mutant } from './mutant.ts';

const QUEUE = 'packages/task-queue/src';
const CORE = 'packages/pause-core/src';
// The rules of a claim, and the functions that go by them.
const RULES = 'migrations/0022_one_call.sql';
const COVER = 'migrations/0036_fleet_and_pairs.sql';
const TURN = 'migrations/0043_endings_by_place.sql';
// What services and direct workers call alike.
const SHARED = 'migrations/0038_direct_door.sql';
const GATE = 'P1 P2 pause × claim × claim';
const by = (name: string): Mutant['caughtBy'] => ({ level: 'L1', name });

/** Broken statements, and statements in a broken order. */
export const STATEMENT_MUTANTS: readonly Mutant[] = [
  {
    name: 'the lock is taken in the claim’s statement',
    file: TURN,
    inFunction: 'orchestra_turn',
    why: 'P2: its snapshot is older than its lock, so a claim that the settle does not see may not see the pause',
    edits: [
      {
        find: 'where not exists (select from claim_marker)',
        replace: `where (select pg_advisory_xact_lock_shared(${HELD_UP_LOCK}) is not null) and (select query_to_xml('select 1 from claim_marker', true, true, '') is not null)`,
      },
    ],
    caughtBy: by('P2 a claim that is held up in its statement × pause'),
  },
  {
    name: 'the pauses are read by a statement before the claim’s',
    file: TURN,
    inFunction: 'orchestra_turn',
    why: 'P2: the settle sees no claim yet, and the claim does not see the pause',
    edits: [
      {
        find: 'clock := clock_timestamp();',
        replace: `clock := clock_timestamp();
  perform set_config('orchestra.read_before', (select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true), '{}') from active_pauses p)::text, true);
  perform pg_advisory_xact_lock_shared(${HELD_UP_LOCK});`,
      },
      {
        find: "select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null), '{}') as scopes,",
        replace: "select case when count(*) >= 0 then current_setting('orchestra.read_before')::jsonb end as scopes,",
      },
    ],
    caughtBy: by('P2 a claim that is held up in its statement × pause'),
  },
  {
    name: 'a claim that the settle cannot see',
    file: TURN,
    inFunction: 'orchestra_turn',
    why: 'P2: "settled" is said while it still takes tasks',
    edits: [{ find: 'where not exists (select from claim_marker)', replace: '' }],
    caughtBy: by(GATE),
  },
  {
    name: 'a settle that does not wait',
    file: `${CORE}/settle.ts`,
    why: 'P2: "settled" is said to everybody',
    edits: [
      {
        find: 'let earlier = await claimsUnderWay(db);',
        replace: 'let earlier: string[] = (await claimsUnderWay(db)).slice(0, 0);',
      },
    ],
    caughtBy: by(GATE),
  },
  {
    name: 'a settle that looks twice and believes',
    file: `${CORE}/settle.ts`,
    why: 'P2: a slow claim is forgotten',
    edits: [
      {
        find: 'await claimsUnderWay(db));\n    earlier = earlier.filter((claim) => still.has(claim))',
        replace: 'await claimsUnderWay(db));\n    earlier = earlier.filter(() => still.size < 0)',
      },
    ],
    caughtBy: by(GATE),
  },
  {
    name: 'settled before it is committed',
    file: `${CORE}/commands/pause-scope.ts`,
    why: 'P2: claims that begin between the two are not waited for',
    edits: [
      {
        find: '  const commit = runRinging(',
        replace:
          '  const settled = await settleClaims(db, { timeoutMs: options.settleTimeoutMs });\n  const commit = runRinging(',
      },
      {
        find: `  const settled = await readAfterCommit(
    'whether it has settled',
    () => settleClaims(db, { timeoutMs: options.settleTimeoutMs }),
    note,
  );
`,
        replace: '',
      },
    ],
    caughtBy: by(GATE),
  },
  {
    name: 'the claim does not read the pauses',
    file: COVER,
    inFunction: 'pauses_cover',
    why: 'P1: the gate is open',
    edits: [{ find: "'agent ' || agent_id", replace: "'agents ' || agent_id" }],
    caughtBy: by(GATE),
  },
  {
    name: 'a pause of the fleet covers nothing',
    file: COVER,
    inFunction: 'pauses_cover',
    why: 'P19: everything starts although everything is paused',
    edits: [{ find: "'fleet *', ", replace: '' }],
    caughtBy: by('P1 P2 P19 a pause of the whole fleet × claim'),
  },
  {
    name: 'a pause of two labels covers nothing',
    file: COVER,
    inFunction: 'pauses_cover',
    why: 'P19: its tasks start',
    edits: [{ find: ' is true', replace: ' is null' }],
    caughtBy: by('P1 P2 P19 a pause of two labels × claim'),
  },
  {
    name: 'a pause of two labels covers what carries one of them',
    file: COVER,
    inFunction: 'labels_match',
    why: 'P19: work is held that nobody has paused',
    edits: [{ find: "and coalesce(labels ->> 'quest' = quest_id, (labels ? 'quest') is not true)", replace: '' }],
    caughtBy: by('P1 P2 P19 a pause of two labels × claim'),
  },
  {
    name: 'a clear clears the pauses of others',
    file: `${CORE}/commands/unpause-scope.ts`,
    why: 'P7: a scope that somebody else paused is open',
    edits: [{ find: 'where p.id = $1 and p.cleared_at is null', replace: 'where p.id >= $1 and p.cleared_at is null' }],
    caughtBy: by('P7 two pauses × a clear of one × claim'),
  },
  {
    name: 'one pause for each scope',
    file: `${CORE}/commands/unpause-scope.ts`,
    why: 'P7: a person’s clear ends a machine’s pause on the same scope',
    edits: [
      {
        find: 'where p.id = $1 and p.cleared_at is null',
        replace:
          'where (p.scope_kind, p.scope_value) in (select q.scope_kind, q.scope_value from senate_pause q where q.id = $1) and p.cleared_at is null',
      },
    ],
    caughtBy: by('P7 a clear of one of two pauses on a scope × claim'),
  },
  {
    name: 'an ending without its run',
    file: TURN,
    inFunction: 'orchestra_turn',
    why: 'P10: who was taken for dead ends the run of another',
    edits: [{ find: 'and t.run_id = g.run_id', replace: '' }],
    caughtBy: by('P10 an owner that comes late × reap × claim'),
  },
  {
    name: 'a heartbeat without its run',
    file: SHARED,
    inFunction: 'beat_runs',
    why: 'P10: who was taken for dead is told that the run is still its own',
    edits: [
      {
        find: "t.run_id = g.run_id and t.status = 'running'",
        replace: "g.run_id is not null and t.status = 'running'",
      },
    ],
    caughtBy: by('P10 a late heartbeat × reap × claim'),
  },
  {
    name: 'the reaper reads, then writes',
    file: `${QUEUE}/reaper/reap-runs.ts`,
    why: 'P10: what was heard of in between is taken away all the same',
    edits: [
      {
        find: "return takeAway(db, { cause: 'lease', leaseSeconds }, onFailed);",
        replace:
          "return db.query<{ run_id: string }>(`select t.run_id from tasks t where t.status = 'running' and t.heartbeat_at < clock_timestamp() - make_interval(secs => $1)`, [leaseSeconds]).then(({ rows }) => takeAway(db, { cause: 'process_gone', runIds: rows.map((row) => row.run_id) }, onFailed));",
      },
    ],
    caughtBy: by('P10 a late heartbeat × reap × claim'),
  },
  {
    name: 'a run that was given back keeps its name',
    file: SHARED,
    inFunction: 'take_away_runs',
    why: 'P15: the queued row that cannot be',
    edits: [{ find: 'run_id = null, pid = null', replace: 'pid = null' }],
    caughtBy: by('P10 an owner that comes late × reap × claim'),
  },
  {
    name: 'a run that is taken away uses up an attempt',
    file: SHARED,
    inFunction: 'take_away_runs',
    why: 'P11: a crash is not an error of the task',
    edits: [{ find: 'attempt = greatest(t.attempt - 1, 0)', replace: 'attempt = t.attempt' }],
    caughtBy: by('P11 reap × pause × claim'),
  },
  {
    name: 'the place is when a task was last eligible',
    file: TURN,
    inFunction: 'orchestra_turn',
    why: 'P9: what was put off comes behind what came later',
    edits: [
      {
        find: 'order by c.priority, c.place\n       limit wanted\n         for update of t skip locked\n    )\n    select f.ids',
        replace:
          'order by c.priority, t.next_eligible_at, c.place\n       limit wanted\n         for update of t skip locked\n    )\n    select f.ids',
      },
    ],
    caughtBy: by('P9 deferral × clear × claim'),
  },
  {
    name: 'a task that was put off waits it out',
    file: RULES,
    inFunction: 'may_start',
    why: 'P9: a cleared pause goes on',
    edits: [{ find: '(next_eligible_at <= clock or deferred_by is not null)', replace: 'next_eligible_at <= clock' }],
    caughtBy: by('P9 deferral × clear × claim'),
  },
  {
    name: 'two judges without a lock',
    file: `${CORE}/commands/check-auto-pause.ts`,
    why: 'P14: both find "no pause yet"',
    edits: [
      {
        find: "await tx.query(`select pg_advisory_xact_lock($1, hashtext(${advisoryName('$2')}))`, [AUTO_PAUSE_LOCKS, actor]);",
        replace: '',
      },
    ],
    caughtBy: by('P14 two judges of the same alerts'),
  },
  {
    name: 'a unique pause instead of used-up alerts',
    file: `${CORE}/commands/check-auto-pause.ts`,
    why: 'P14: what a person has cleared is paused again for the same alerts',
    edits: [
      { find: 'and (l.ended_at is null or ${COUNTED_AT} > l.ended_at)', replace: 'and (l.ended_at is null or true)' },
      { find: 'a.fed_pause is null and coalesce', replace: 'coalesce' },
    ],
    caughtBy: by('P14 a judge × a person who clears'),
  },
  {
    name: 'a cursor by id in the cascade',
    file: `${CORE}/commands/check-auto-pause.ts`,
    why: 'P14: an alert that commits behind a later one is never seen (F36)',
    edits: [
      { find: '// More than this many alerts', replace: 'let cursor = 0;\n// More than this many alerts' },
      {
        find: "where a.severity = 'critical' and a.ack_at is null and a.ref_id is not null\n",
        replace: "where a.severity = 'critical' and a.ack_at is null and a.ref_id is not null and a.id > ${cursor}\n",
      },
      { find: 'having count(*) >= $2', replace: 'having count(*) >= least($2, 1)' },
      {
        find: '  return rows.map((row) => row.ref_id);',
        replace:
          "  const { rows: [last] } = await db.query<{ id: string | null }>('select max(a.id) as id from senate_alerts a');\n  cursor = Math.max(cursor, Number(last?.id));\n  return rows.map((row) => row.ref_id);",
      },
    ],
    caughtBy: by('P14 alerts that commit late × sweep'),
  },
];
