import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { migrate, pendingMigrations } from '@orchestra/database';

const fresh = testDatabase({ empty: true });

test('four processes that migrate at once: each migration is applied once, and a later run finds nothing to do', async () => {
  const reports = await Promise.all(Array.from({ length: 4 }, () => migrate(fresh.url)));
  const total = reports[0]?.total ?? 0;
  expect(total).toBeGreaterThan(0);
  expect(reports.map((report) => report.applied).toSorted((a, b) => b - a)).toEqual([total, 0, 0, 0]);
  expect(await migrate(fresh.url)).toEqual({ applied: 0, total });
  expect(await pendingMigrations(fresh.pool)).toBe(0);
});
