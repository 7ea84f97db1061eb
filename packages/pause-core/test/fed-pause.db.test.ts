import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { checkAutoPause, listAlerts, recordAlert } from '../src/index.ts';

const db = testDatabase();

test('an alert tells which auto-pause it helped to bring about; one from too long before, or of another actor, none', async () => {
  const alert = (ref_id: string) => recordAlert(db.pool, { kind: 'loop', ref_id, severity: 'critical', by: 'dana' });
  const early = await alert('acct-7');
  await db.pool.query("update senate_alerts set created_at = created_at - interval '20 minutes' where id = $1", [early.id]);
  await alert('acct-8');
  for (let n = 0; n < 3; n++) await alert('acct-7');
  const pause = await checkAutoPause(db.pool, 'acct-7');
  expect(pause).not.toBeNull();
  expect((await listAlerts(db.pool, { refId: 'acct-7', limit: 10 })).map(({ fedPause }) => fedPause)).toEqual([pause?.pauseId, pause?.pauseId, pause?.pauseId, null]);
  expect(await listAlerts(db.pool, { refId: 'acct-8', limit: 10 })).toMatchObject([{ fedPause: null }]);
});
