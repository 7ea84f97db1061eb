import type { Queryable } from '@orchestra/database';
import type { ReleaseView } from '@orchestra/pause-core/contract';

/** A row of `senate_releases`. */
export interface ReleaseRow {
  id: string;
  pause_id: string;
  asked_at: Date;
  asked_by: string;
  reason: string | null;
  gap_seconds: number | null;
  next_at: Date;
  released: string;
  last_task_id: string | null;
  ended_at: Date | null;
  ended_as: 'done' | 'stopped' | 'replaced' | null;
}

export function toReleaseView(row: ReleaseRow): ReleaseView {
  return {
    pause_id: String(row.pause_id),
    asked_at: row.asked_at.toISOString(),
    asked_by: row.asked_by,
    reason: row.reason,
    gap_seconds: row.gap_seconds,
    next_at: row.gap_seconds === null || row.ended_at !== null ? null : row.next_at.toISOString(),
    released: Number(row.released),
    last_task_id: row.last_task_id === null ? null : String(row.last_task_id),
    ended_at: row.ended_at?.toISOString() ?? null,
    ended_as: row.ended_as,
  };
}

/** The release of this pause's backlog that is under way, or the last one; null: there was none. */
export async function lastRelease(db: Queryable, pauseId: string): Promise<ReleaseView | null> {
  const {
    rows: [row],
  } = await db.query<ReleaseRow>(
    'select r.* from senate_releases r where r.pause_id = $1 order by (r.ended_at is null) desc, r.id desc limit 1',
    [pauseId],
  );
  return row === undefined ? null : toReleaseView(row);
}
