import { expect, test } from 'vitest';
import { refuseUnsuitable, UnsuitableServerError, whyUnsuitable } from './suitable-server.ts';

test.each([
  [
    'CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, built 2023/09/27 01:53:43, go1.19.10)',
    130_000,
    'this is CockroachDB',
  ],
  ['CockroachDB CCL v25.2.0 (x86_64-pc-linux-gnu, built 2025/05/09)', 150_000, 'this is CockroachDB'],
  [
    'PostgreSQL 11.2-YB-2.20.1.3-b0 on x86_64-pc-linux-gnu, compiled by clang version 15.0.7, 64-bit',
    110_002,
    'this is YugabyteDB',
  ],
  [
    'PostgreSQL 15.2-YB-2.25.0.0-b489 on x86_64-pc-linux-gnu, compiled by clang version 17.0.6, 64-bit',
    150_002,
    'this is YugabyteDB',
  ],
  [
    'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat ' +
      '3.4.2-6.fc3), Redshift 1.0.12103',
    80_002,
    'this is Amazon Redshift',
  ],
  ['PostgreSQL 14.11 (Debian 14.11-1.pgdg120+2) on x86_64-pc-linux-gnu', 140_011, 'this is PostgreSQL 14.11'],
])('%s is refused in one sentence', (version, number, says) => {
  expect(whyUnsuitable(version, number)).toMatch(/^Orchestra needs PostgreSQL 15 or newer, and [^.]*(14\.11)?$/);
  expect(whyUnsuitable(version, number)).toContain(says);
});

test.each([
  [
    'PostgreSQL 15.14 (Debian 15.14-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian ' +
      '12.2.0-14+deb12u1) 12.2.0, 64-bit',
    150_014,
  ],
  ['PostgreSQL 18.4 on x86_64-pc-linux-gnu', 180_004],
])('%s is taken', (version, number) => {
  expect(whyUnsuitable(version, number)).toBeUndefined();
});

test('a server is asked what it is, and refused', async () => {
  const server = (version: string, number: string | null) => ({ query: async () => ({ rows: [{ version, number }] }) });
  await expect(refuseUnsuitable(server('CockroachDB CCL v24.1.0', null))).rejects.toThrow(UnsuitableServerError);
  await expect(refuseUnsuitable(server('PostgreSQL 16.2', '160002'))).resolves.toBeUndefined();
});
