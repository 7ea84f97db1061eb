import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { migrate, pendingMigrations } from '@orchestra/database';

const fresh = testDatabase({ empty: true });
const empty = testDatabase({ empty: true });
const owned = testDatabase({ empty: true });

test('four processes that migrate at once: each migration is applied once, and a later run finds nothing to do', async () => {
  const reports = await Promise.all(Array.from({ length: 4 }, () => migrate(fresh.url)));
  const total = reports[0]?.total ?? 0;
  expect(total).toBeGreaterThan(0);
  expect(reports.map((report) => report.applied).toSorted((a, b) => b - a)).toEqual([total, 0, 0, 0]);
  expect(await migrate(fresh.url)).toEqual({ applied: 0, total });
  expect(await pendingMigrations(fresh.pool)).toBe(0);
});

test('a role that may only read and write rows is enough where nothing is pending, and is told what it lacks where something is', async () => {
  const role = `orchestra_rows_only_${process.pid}`;
  const asRole = (url: string): string => Object.assign(new URL(url), { username: role, password: 'rows' }).href;
  await migrate(fresh.url);
  await fresh.pool.query(`create role ${role} login password 'rows'`);
  try {
    await expect(migrate(asRole(empty.url))).rejects.toThrow(/permission denied/);
    await fresh.pool.query(`grant usage on schema orchestra to ${role}`);
    await fresh.pool.query(`grant select on orchestra.orchestra_migrations to ${role}`);
    expect(await migrate(asRole(fresh.url))).toMatchObject({ applied: 0 });
  } finally {
    await fresh.pool.query(`drop owned by ${role}`);
    await fresh.pool.query(`drop role ${role}`);
  }
});

test('a role that owns the database and is no superuser makes all of it, as where a hoster gives out databases', async () => {
  const role = `orchestra_owner_${process.pid}`;
  const url = new URL(owned.url);
  const name = url.pathname.slice(1);
  await owned.pool.query(`create role ${role} login password 'owner'; alter database ${name} owner to ${role}`);
  try {
    Object.assign(url, { username: role, password: 'owner' });
    const { applied, total } = await migrate(url.href);
    expect(applied).toBe(total);
  } finally {
    await owned.pool.query(
      `alter database ${name} owner to current_user; reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`,
    );
  }
});
