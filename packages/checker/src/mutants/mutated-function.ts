import { makePool } from '@orchestra/database';
import { PATIENT } from '@orchestra/testkit/patient';
import { applyMutant, type Mutant } from './mutant.ts';

/** Runs `look` while the function of the database is what the mutant makes of it. A mutant of a file is loaded by `mutantFlags`, and changes nothing here. */
export async function withMutatedFunction<T>(
  mutant: Mutant,
  databaseUrl: string | undefined,
  look: () => Promise<T>,
): Promise<T> {
  if (mutant.inFunction === undefined) return look();
  if (databaseUrl === undefined) throw new Error(`the mutant "${mutant.name}" needs --database`);
  const db = makePool({ connectionString: databaseUrl, applicationName: 'mutant', max: 1, ...PATIENT });
  try {
    const {
      rows: [row],
    } = await db.query<{ source: string }>(
      'select pg_get_functiondef(p.oid) as source from pg_proc p where p.proname = $1',
      [mutant.inFunction],
    );
    if (row === undefined)
      throw new Error(`the mutant "${mutant.name}" changes ${mutant.inFunction}, which the database does not have`);
    await db.query(applyMutant(mutant, row.source));
    console.error(`mutant: ${mutant.name}`);
    try {
      return await look();
    } finally {
      await db.query(row.source);
    }
  } finally {
    await db.end();
  }
}
