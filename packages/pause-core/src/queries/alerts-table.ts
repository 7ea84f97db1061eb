import { alertsShapeProblems, type Queryable } from '@orchestra/database';

/**
 * What keeps alerts from being recorded in `senate_alerts`, which may be another system's: the types of its columns,
 * or what the server answers to
 * alerts that are recorded and taken back. For people, with what to do.
 */
export async function alertsTableProblems(db: Queryable): Promise<string[]> {
  const shape = await alertsShapeProblems(db);
  return shape.length > 0 ? shape : await trial(db);
}

async function trial(db: Queryable): Promise<string[]> {
  const {
    rows: [row],
  } = await db.query<{ problem: string | null }>('select senate_alerts_problem() as problem');
  if (row === undefined) throw new Error('a statement without a from answered no row');
  return row.problem === null ? [] : [row.problem];
}

// Whatever no catalog tells, such as the body of a trigger.
const TRIAL_EVERY_MS = 600_000;

// Changes with the table, its columns, constraints, indexes, triggers, rules and rights.
const FINGERPRINT = `
  select md5(concat_ws(' ', c.oid, c.xmin,
              (select string_agg(concat(a.attnum, a.xmin), ' ' order by a.attnum)
                 from pg_attribute a
                where a.attrelid = c.oid
                  and a.attnum > 0),
              (select string_agg(concat(d.adnum, d.xmin), ' ' order by d.adnum)
                 from pg_attrdef d
                where d.adrelid = c.oid),
              (select string_agg(concat(o.oid, o.xmin), ' ' order by o.oid)
                 from pg_constraint o
                where o.conrelid = c.oid),
              (select string_agg(concat(i.indexrelid, i.xmin), ' ' order by i.indexrelid)
                 from pg_index i
                where i.indrelid = c.oid),
              (select string_agg(concat(t.oid, t.xmin), ' ' order by t.oid) from pg_trigger t where t.tgrelid = c.oid),
              (select string_agg(concat(p.oid, p.xmin), ' ' order by p.oid) from pg_policy p where p.polrelid = c.oid),
              (select string_agg(concat(r.oid, r.xmin), ' ' order by r.oid)
                 from pg_rewrite r
                where r.ev_class = c.oid))) as fingerprint
    from pg_class c where c.oid = to_regclass('senate_alerts')`;

/**
 * A check of `senate_alerts` for `/readyz`: answers undefined, or what is wrong in words that anyone may read. Cheap:
 * alerts are recorded and taken back
 * only when the table has changed, when that failed the last time, and every ten minutes.
 */
export function checkAlertsTable(db: Queryable): () => Promise<string | undefined> {
  let sound: { fingerprint: string | undefined; atMs: number } | undefined;
  return async () => {
    const {
      rows: [row],
    } = await db.query<{ fingerprint: string }>(FINGERPRINT);
    const fingerprint = row?.fingerprint;
    if (sound !== undefined && sound.fingerprint === fingerprint && performance.now() - sound.atMs < TRIAL_EVERY_MS)
      return undefined;
    sound = undefined;
    const shape = await alertsShapeProblems(db);
    if (shape.length > 0) return shape.join('; ');
    // What the server says may hold more than anyone may read.
    if ((await trial(db)).length > 0) return 'senate_alerts takes no alert of Orchestra: `orchestra doctor` says why';
    sound = { fingerprint, atMs: performance.now() };
    return undefined;
  };
}
