const OLDEST = 150_000;

/** The database speaks the protocol, but Orchestra does not work on it; the message is one sentence. */
export class UnsuitableServerError extends Error {
  override readonly name = 'UnsuitableServerError';
}

// What only looks like PostgreSQL has other locks and no bells; the brake's proof rests on both.
const OTHERS: readonly [RegExp, string][] = [
  [/cockroach/i, 'CockroachDB'],
  [/-YB-|yugabyte/i, 'YugabyteDB'],
  [/redshift/i, 'Amazon Redshift'],
  [/materialize/i, 'Materialize'],
  [/greenplum/i, 'Greenplum'],
];

/**
 * Why Orchestra cannot work on a server; undefined when it can.
 *
 * @param version what `version()` answers
 * @param number what `server_version_num` says
 */
export function whyUnsuitable(version: string, number: number): string | undefined {
  const other = OTHERS.find(([pattern]) => pattern.test(version))?.[1];
  if (other !== undefined)
    return (
      `Orchestra needs PostgreSQL 15 or newer, and this is ${other}, whose locks and notifications do not ` +
      `hold the brake's promises`
    );
  if (number >= OLDEST) return undefined;
  return (
    'Orchestra needs PostgreSQL 15 or newer, and this is ' +
    `${/^PostgreSQL [\d.]+/.exec(version)?.[0] ?? 'an older one'}`
  );
}

/** @throws UnsuitableServerError */
export async function refuseUnsuitable(db: {
  query: (text: string) => Promise<{ rows: { version: string; number: string | null }[] }>;
}): Promise<void> {
  const {
    rows: [row],
  } = await db.query("select version() as version, current_setting('server_version_num', true) as number");
  const why = whyUnsuitable(row?.version ?? '', Number(row?.number ?? 0));
  if (why !== undefined) throw new UnsuitableServerError(why);
}
