import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { checkAutoPause, listAlerts, recordAlert, unpauseScope } from '../src/index.ts';

const db = testDatabase();

test('an alert tells which auto-pause it helped to bring about; one from too long before, or of another actor, none', async () => {
  const alert = (ref_id: string) => recordAlert(db.pool, { kind: 'loop', ref_id, severity: 'critical', by: 'dana' });
  const early = await alert('acct-7');
  await db.pool.query("update senate_alerts set created_at = created_at - interval '20 minutes' where id = $1", [
    early.id,
  ]);
  await alert('acct-8');
  for (let n = 0; n < 3; n++) await alert('acct-7');
  const pause = await checkAutoPause(db.pool, 'acct-7');
  expect(pause).not.toBeNull();
  expect((await listAlerts(db.pool, { refId: 'acct-7', limit: 10 })).map(({ fedPause }) => fedPause)).toEqual([
    pause?.pauseId,
    pause?.pauseId,
    pause?.pauseId,
    null,
  ]);
  expect(await listAlerts(db.pool, { refId: 'acct-8', limit: 10 })).toMatchObject([{ fedPause: null }]);
});

test('P14 alerts dated ahead of the database feed one auto-pause and no other, although a person clears it at once', async () => {
  await db.pool.query(
    `insert into senate_alerts (kind, ref_id, severity, created_at) select 'loop', 'acct-9', 'critical',
       now() + interval '2 hours'
       from generate_series(1, 3)`,
  );
  expect(await checkAutoPause(db.pool, 'acct-9')).not.toBeNull();
  await unpauseScope(db.pool, { target: { kind: 'actor', value: 'acct-9' }, by: 'dana' });
  expect(await checkAutoPause(db.pool, 'acct-9')).toBeNull();
});
