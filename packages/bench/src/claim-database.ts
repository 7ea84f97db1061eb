import { makePool, type Database } from '@orchestra/database';
import { claimTasks, CLAIM_SETTINGS, ClaimStrategyCache } from '@orchestra/task-queue';
import type { ClaimedTask } from '@orchestra/task-queue/contract';
import { BATCH, CLAIMERS, type Claim } from './claimers.ts';
import type { Bench } from './measure.ts';
import { claimPlainly } from './plain-claim.ts';

// Loading and vacuuming a million rows are one statement each.
const STATEMENT_TIMEOUT_MS = 300_000;

/** A database with a queue in it, and the connections that claims are made over. */
export interface ClaimDatabase {
  url: string;
  /** For everything but claims. */
  db: Database;
  /** As many connections as claimers, with the settings that worker-claimer gives its own. */
  claims: Database;
  /**
   * The claim, with nothing remembered of earlier ones: a burst that follows another condition must not profit from it.
   */
  freshClaim: () => Claim<ClaimedTask>;
  /** The one that knows no pauses, over the same connections. */
  plain: Claim;
}

/** Makes a database, hands it to `use`, and drops it whatever happens. */
export async function withClaimDatabase<T>(
  { server }: Pick<Bench, 'server'>,
  purpose: string,
  use: (database: ClaimDatabase) => Promise<T>,
): Promise<T> {
  const url = await server.makeDatabase(purpose);
  const db = makePool({ connectionString: url, applicationName: 'bench', statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  const claims = makePool({
    connectionString: url,
    applicationName: 'bench claims',
    max: Math.max(...CLAIMERS),
    settings: CLAIM_SETTINGS,
  });
  try {
    return await use({
      url,
      db,
      claims,
      freshClaim: () => {
        const ways = new ClaimStrategyCache();
        return (over, worker) => claimTasks(over, { worker, limit: BATCH, host: 'bench', pid: process.pid }, ways);
      },
      plain: (over, worker) => claimPlainly(over, { worker, limit: BATCH }),
    });
  } finally {
    await claims.end();
    await db.end();
    await server.dropDatabase(url);
  }
}
