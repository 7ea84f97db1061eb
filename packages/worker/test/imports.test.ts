import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const LIST_IMPORTS = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
  await import('@orchestra-brake/worker');
  console.log(JSON.stringify(loaded));`;

test('a worker brings no database driver with it: its way to the pauses and the tasks is the API', async () => {
  // From the package's own folder, so that its own dependencies are what is found.
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', LIST_IMPORTS], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  const loaded = JSON.parse(stdout) as string[];
  expect(loaded.filter((url) => url.includes('/worker/src/')).length).toBeGreaterThan(10);
  expect(
    loaded.filter((url) => /node_modules\/(pg|pg-listen|drizzle-orm|express)\/|packages\/database\//.test(url)),
  ).toEqual([]);
});
