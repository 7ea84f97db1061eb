import type { Queryable } from '@orchestra/database';
import type { QueueView } from '../contract/index.ts';

interface TotalsRow {
  lease: number;
  process_gone: number;
  other_boot: number;
  impossible_queued: number;
  rows_failing: number;
  last_tick_at: Date | null;
}

/** What all reapers on this database have done so far. */
export async function readReaperTotals(db: Queryable): Promise<Omit<QueueView['reaper'], 'lease_seconds' | 'heal'>> {
  const {
    rows: [row],
  } = await db.query<TotalsRow>(
    `select s.by_lease::int as lease, s.by_process_gone::int as process_gone, s.by_other_boot::int as other_boot,
            s.impossible_queued::int as impossible_queued, s.rows_failing, s.last_tick_at
       from reaper_totals s`,
  );
  const { lease, process_gone, other_boot } = row ?? { lease: 0, process_gone: 0, other_boot: 0 };
  return {
    reaped_total: lease + process_gone + other_boot,
    reaped_by_cause: { lease, process_gone, other_boot },
    impossible_queued_total: row?.impossible_queued ?? 0,
    rows_failing: row?.rows_failing ?? 0,
    last_tick_at: row?.last_tick_at?.toISOString() ?? null,
  };
}
