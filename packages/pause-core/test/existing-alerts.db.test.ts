import { migrate } from '@orchestra/database';
import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { autoPauseCandidates, listAlerts, recordAlert } from '../src/index.ts';

const db = testDatabase({ empty: true });

test('a senate_alerts that another system made with fewer columns is migrated, its rows stay, and they are no fresh alerts', async () => {
  await db.pool.query('create table senate_alerts (kind text, ref_id text, severity text)');
  await db.pool.query("insert into senate_alerts select 'loop', 'acct-1', case when n = 4 then 'sev-1' else 'critical' end from generate_series(1, 4) as n");
  await migrate(db.url);
  expect(await listAlerts(db.pool, { refId: 'acct-1', limit: 10 })).toMatchObject(
    Array.from({ length: 4 }, () => ({ kind: 'loop', createdAt: null, ackAt: null })));
  expect(await autoPauseCandidates(db.pool)).toEqual([]);
  await recordAlert(db.pool, { kind: 'loop', ref_id: 'acct-1', severity: 'critical', by: 'dana' });
  // The other system's own severities go on, to be recorded and to be acknowledged.
  await db.pool.query("insert into senate_alerts (kind, ref_id, severity) values ('x', 'y', 'sev-1')");
  await db.pool.query("update senate_alerts set ack_at = now() where severity = 'sev-1'");
});

test('what stands in the way of an alert is named with the column', async () => {
  const problem = async () => (await db.pool.query<{ problem: string | null }>('select senate_alerts_problem() as problem')).rows[0]?.problem;
  const { rows: [{ before } = { before: '' }] } = await db.pool.query<{ before: string }>('select count(*) as before from senate_alerts');
  expect(await problem()).toBeNull();
  await db.pool.query("alter table senate_alerts add column source text not null default 'x', add constraint only_theirs check (severity <> 'medium')");
  expect(await problem()).toContain('only_theirs');
  await db.pool.query('alter table senate_alerts drop constraint only_theirs, alter column source drop default');
  expect(await problem()).toMatch(/alter column source set default/);
  await db.pool.query('alter table senate_alerts drop column source');
  expect(await db.pool.query('select count(*) as before from senate_alerts')).toMatchObject({ rows: [{ before }] });
});
