import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeWhole } from './write-whole.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestra-write-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('whoever reads the file meanwhile has the former one, whole', async () => {
  const path = join(folder, 'report');
  await writeWhole(path, 'the former one');
  const reader = await open(path, 'r');
  await writeWhole(path, 'new');
  expect(await reader.readFile('utf8')).toBe('the former one');
  await reader.close();
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await readdir(folder)).toEqual(['report']);
});

test('a link is replaced and not followed', async () => {
  await writeFile(join(folder, 'target'), 'mine');
  await symlink(join(folder, 'target'), join(folder, 'report'));
  await writeWhole(join(folder, 'report'), 'new');
  expect(await readFile(join(folder, 'target'), 'utf8')).toBe('mine');
});

test('where it cannot be written nothing is left of it', async () => {
  await mkdir(join(folder, 'report'));
  await expect(writeWhole(join(folder, 'report'), 'new')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(await readdir(folder)).toEqual(['report']);
});
