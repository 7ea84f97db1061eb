import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { checkTaskIds } from '../src/doctor/task-ids.ts';

const db = testDatabase();

test('P9 doctor says so when the ids of tasks are handed out in portions', async () => {
  expect(await checkTaskIds(db.pool)).toMatchObject({ outcome: 'ok' });
  const {
    rows: [row],
  } = await db.pool.query("select pg_get_serial_sequence('tasks', 'id') as sequence");
  await db.pool.query(`alter sequence ${row.sequence} cache 20`);
  expect(await checkTaskIds(db.pool)).toMatchObject({
    outcome: 'failed',
    says: expect.stringContaining('20 ids at a time'),
    fix: expect.stringMatching(/alter sequence \S*tasks_id_seq cache 1/),
  });
});
