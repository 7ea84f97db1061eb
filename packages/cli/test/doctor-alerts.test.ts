import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { checkAlerts } from '../src/doctor/alerts.ts';

const db = testDatabase();
const found = () => checkAlerts(db.pool);

test('doctor is not green where alerts cannot be recorded or judged, and says what keeps them from counting', async () => {
  expect(await found()).toMatchObject({ outcome: 'ok' });
  await db.pool.query(
    `insert into senate_alerts (kind, ref_id, severity, created_at)
       values ('k', 'a', 'critical', now() - interval '2 hours')`,
  );
  expect(await found()).toMatchObject({ outcome: 'warning', says: expect.stringContaining('1 critical alerts') });
  await db.pool.query('update senate_alerts set ack_at = now()');
  await db.pool.query(
    `alter table senate_alerts drop constraint if exists senate_alerts_severity; insert into senate_alerts (kind,
       ref_id, severity) values ('k', 'a', 'CRITICAL')`,
  );
  expect(await found()).toMatchObject({ outcome: 'warning', says: expect.stringContaining('severity CRITICAL') });
  await db.pool.query('create schema elsewhere; create table elsewhere.senate_alerts (id bigint)');
  expect(await found()).toMatchObject({ outcome: 'warning', says: expect.stringContaining('elsewhere.senate_alerts') });
  await db.pool.query(
    'drop schema elsewhere cascade; drop view public.senate_alerts; drop index senate_alerts_behind; alter table senate_alerts alter column created_at type text',
  );
  expect(await found()).toMatchObject({
    outcome: 'failed',
    says: expect.stringMatching(/column created_at of orchestra\.senate_alerts is text/),
  });
  await db.pool.query(
    `alter table senate_alerts alter column created_at type timestamptz using created_at::timestamptz,
     add column owner text not null default 'x'; alter table senate_alerts alter column owner drop default`,
  );
  expect(await found()).toMatchObject({
    outcome: 'failed',
    says: expect.stringContaining('alter column owner set default'),
  });
});
