import type { Queryable } from '@orchestra/database';
import { isOverdue } from './note-proof.ts';
import type { BrakeProof } from '../contract/index.ts';

interface Row {
  every_seconds: number;
  tried_at: Date | null;
  proved_at: Date | null;
  failed_at: Date | null;
  failure: string | null;
  overdue: boolean;
  last_proven_seconds: number | null;
  next_seconds: number;
}

/** When the brake was last proved by the self-test; null: it is off. */
export async function readBrakeProof(db: Queryable): Promise<(BrakeProof & { nextSeconds: number }) | null> {
  const {
    rows: [row],
  } = await db.query<Row>(
    `select b.every_seconds, b.tried_at, b.proved_at, b.failed_at, b.failure, ${isOverdue('b')} as overdue,
            extract(epoch from now() - b.proved_at)::float8 as last_proven_seconds,
            greatest(0, extract(epoch
              from b.tried_at + make_interval(secs => b.every_seconds) - now()))::float8 as next_seconds
       from brake_proof b where b.every_seconds is not null`,
  );
  if (row === undefined) return null;
  const { tried_at: triedAt, proved_at: provedAt, failed_at: failedAt, next_seconds: nextSeconds, ...rest } = row;
  return {
    ...rest,
    tried_at: triedAt?.toISOString() ?? null,
    proved_at: provedAt?.toISOString() ?? null,
    failed_at: failedAt?.toISOString() ?? null,
    nextSeconds,
  };
}

/** The same as it is told. */
export async function viewBrakeProof(db: Queryable): Promise<BrakeProof | null> {
  const proof = await readBrakeProof(db);
  if (proof === null) return null;
  const { nextSeconds: _next, ...told } = proof;
  return told;
}
