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
  await expect(db.pool.query("insert into senate_alerts (kind, ref_id, severity) values ('x', 'y', 'sev-1')")).rejects.toMatchObject({ constraint: 'senate_alerts_severity' });
});
