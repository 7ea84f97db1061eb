import type { Queryable } from '@orchestra/database';
import type { Pause } from '../pause.ts';
import { PAUSE_COLUMNS, toPause, type PauseRow } from './pause-row.ts';

/** One pause, active or ended; undefined where there is none. */
export async function findPause(db: Queryable, id: string): Promise<Pause | undefined> {
  const {
    rows: [row],
  } = await db.query<PauseRow>(`select ${PAUSE_COLUMNS} from senate_pause p where p.id = $1`, [id]);
  return row === undefined ? undefined : toPause(row);
}
