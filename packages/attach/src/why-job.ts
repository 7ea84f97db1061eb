import type { Queryable } from '@orchestra/database';
import { atOtherDatabase, attachedWorkView, labelsOf, listActivePauses, toPauseView } from '@orchestra/pause-core';
import type { PauseView } from '@orchestra/pause-core/contract';
import { findAttachment } from './attachments.ts';
import { findElsewhere, PATIENT } from './elsewhere.ts';
import { AttachError } from './errors.ts';

/** Why a job of an attached queue does not start, as far as the brake knows. */
export interface JobHeld {
  job: string;
  state: 'waiting' | 'running';
  /** Such as `agent skeptic`. */
  scopes: string[];
  claimedAt: Date | null;
  /** The active pauses that cover it. */
  pauses: PauseView[];
}

/** @throws AttachError `not_attached`, `not_migrated`, `job_not_found`; OtherDatabaseError */
export async function whyJob(db: Queryable, name: string, job: string): Promise<JobHeld> {
  const elsewhere = await findElsewhere(db, name);
  if (elsewhere === undefined) {
    await findAttachment(db, name);
    return whyJobAt(db, name, job);
  }
  return atOtherDatabase(elsewhere.place, (there) => whyJobAt(there, name, job), PATIENT);
}

async function whyJobAt(db: Queryable, name: string, job: string): Promise<JobHeld> {
  const {
    rows: [row],
  } = await db.query<{ state: JobHeld['state']; scopes: string[]; claimed_at: Date | null }>(
    `select w.state, w.scopes, w.claimed_at from ${attachedWorkView(name)} w where w.job = $1`,
    [job],
  );
  if (row === undefined)
    throw new AttachError(
      'job_not_found',
      `${name} has no job ${job} that waits or runs: it may have ended, or never run again`,
    );
  const pauses = (await listActivePauses(db)).filter(({ scope }) =>
    labelsOf(scope).every((label) => row.scopes.includes(label.join(' '))),
  );
  return {
    job,
    state: row.state,
    scopes: row.scopes,
    claimedAt: row.state === 'running' ? row.claimed_at : null,
    pauses: pauses.map(toPauseView),
  };
}
