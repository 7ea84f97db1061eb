import type { Queryable } from '@orchestra/database';

/** How the sending to a target stands. */
export interface TargetState {
  name: string;
  goneAt: Date | null;
  restingUntil: Date | null;
  delivered: number;
  givenUp: number;
  lastSuccessAt: Date | null;
  lastFailureAt: Date | null;
  lastFailure: string | null;
  /** In the outbox. */
  backlog: number;
  /** When the oldest of them happened. */
  oldestAt: Date | null;
}

/** Of the targets with these names; one that was never registered is missing. */
export async function targetStates(db: Queryable, names: readonly string[]): Promise<TargetState[]> {
  const { rows } = await db.query<TargetState>(
    `select t.name, t.gone_at as "goneAt", case when t.resting_until > now() then t.resting_until end as "restingUntil",
            t.delivered::float8 as delivered, t.given_up::float8 as "givenUp", t.last_success_at as "lastSuccessAt",
            t.last_failure_at as "lastFailureAt",
            t.last_failure as "lastFailure", b.backlog, b.oldest as "oldestAt"
       from notice_targets t,
            lateral (select count(*)::int as backlog, min(d.at) as oldest
                       from notice_deliveries d
                      where d.target = t.name) b
      where t.name = any ($1)
      order by t.name`,
    [names],
  );
  return rows;
}
