import type { Queryable } from '@orchestra/database';
import { GATE_SILENT_MS, type GateCounts, type PauseGates, type TurnGateView } from '../contract/index.ts';

const LISTED_MAX = 200;
const UNCONFIRMED_MAX = 20;
const REFUSALS_LISTED_MAX = 50;

/** It has reported lately, and has not said that it ends. */
const CONNECTED = `g.left_at is null and g.seen_at > clock_timestamp() - interval '${GATE_SILENT_MS} milliseconds'`;
const COLUMNS =
  'g.id, g.name, g.kind, g.reported_by as by, g.host, g.keeps_copy, g.stops_when_unknown, g.began_at, g.seen_at';

interface GateRow extends Omit<TurnGateView, 'began_at' | 'seen_at'> {
  began_at: Date;
  seen_at: Date;
}
interface CountedRow extends GateRow {
  connected: number;
}

/** How many gates are connected, and how many of them know this pause, at this instant. */
export async function countGates(db: Queryable, pauseId: string): Promise<GateCounts> {
  const {
    rows: [row],
  } = await db.query<GateCounts>(
    `select count(*)::int as connected, (count(*) filter (where $1::bigint = any (g.known_pauses)))::int as confirmed
       from turn_gates g where g.keeps_copy and ${CONNECTED}`,
    [pauseId],
  );
  return row ?? { connected: 0, confirmed: 0 };
}

/** Of all pauses together. `asking`: gates that keep no copy and ask at each step. */
export interface GateTotals extends GateCounts {
  asking: number;
}

/**
 * How many gates are connected at this instant, of both kinds, and how many of those with a copy know every active
 * pause.
 */
export async function countAllGates(db: Queryable): Promise<GateTotals> {
  const {
    rows: [row],
  } = await db.query<GateTotals>(
    `with active as (select coalesce(array_agg(p.id), '{}') as ids from active_pauses p)
     select (count(*) filter (where g.keeps_copy))::int as connected,
            (count(*) filter (where g.keeps_copy and coalesce(g.known_pauses, '{}') @> a.ids))::int as confirmed,
            (count(*) filter (where not g.keeps_copy))::int as asking
       from turn_gates g cross join active a where ${CONNECTED}`,
  );
  return row ?? { connected: 0, confirmed: 0, asking: 0 };
}

/** The gates that are connected, the newest first. */
export async function listGates(db: Queryable): Promise<{ gates: TurnGateView[]; count: number }> {
  const { rows } = await db.query<CountedRow>(
    `select ${COLUMNS}, count(*) over ()::int as connected
       from turn_gates g
      where ${CONNECTED}
      order by g.began_at desc, g.id
      limit ${LISTED_MAX}`,
  );
  return { gates: rows.map(toView), count: rows[0]?.connected ?? 0 };
}

/** What gates have to do with a pause: who knows it, and who met it how often. */
export async function readPauseGates(
  db: Queryable,
  pauseId: string,
  { active }: { active: boolean },
): Promise<PauseGates> {
  const counts = active ? await countGates(db, pauseId) : { connected: 0, confirmed: 0 };
  const { rows: unconfirmed } =
    active && counts.confirmed < counts.connected
      ? await db.query<GateRow>(
          `select ${COLUMNS}
             from turn_gates g
            where g.keeps_copy
              and ${CONNECTED}
              and not coalesce($1::bigint = any (g.known_pauses), false)
        order by g.seen_at, g.id limit ${UNCONFIRMED_MAX}`,
          [pauseId],
        )
      : { rows: [] };
  const { rows: refusals } = await db.query<{
    gate: string;
    by: string;
    agent_id: string | null;
    skill: string | null;
    refused: number;
    last_at: Date;
    total: number;
    gates: number;
  }>(
    `select r.gate, r.reported_by as by, nullif(r.agent_id, '') as agent_id, r.skill, r.refused::float8 as refused,
            r.last_at,
            (sum(r.refused) over ())::float8 as total,
            (select count(distinct d.gate)::int from gate_refusals d where d.pause_id = $1) as gates
       from gate_refusals r
      where r.pause_id = $1
      order by r.last_at desc, r.gate, r.agent_id
      limit ${REFUSALS_LISTED_MAX}`,
    [pauseId],
  );
  return {
    ...counts,
    unconfirmed: unconfirmed.map(toView),
    refused: refusals[0]?.total ?? 0,
    refused_by: refusals[0]?.gates ?? 0,
    last_refused_at: refusals[0]?.last_at.toISOString() ?? null,
    refusals: refusals.map(({ gate, by, agent_id, skill, refused, last_at }) => ({
      gate,
      by,
      agent_id,
      skill,
      refused,
      last_at: last_at.toISOString(),
    })),
  };
}

function toView({
  id,
  name,
  kind,
  by,
  host,
  keeps_copy,
  stops_when_unknown,
  began_at,
  seen_at,
}: GateRow): TurnGateView {
  return {
    id,
    name,
    kind,
    by,
    host,
    keeps_copy,
    stops_when_unknown,
    began_at: began_at.toISOString(),
    seen_at: seen_at.toISOString(),
  };
}
