import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { JSON_BYTES_MAX, readJson } from './read-input.ts';
import { tasksFromFile } from './tasks-from-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestra-tasks-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function file(text: string): Promise<string> {
  await writeFile(join(folder, 'tasks.ndjson'), text);
  return join(folder, 'tasks.ndjson');
}

test('a line ends where its line break is, and not at what else may stand in a text', async () => {
  const texts = ['a\u2028b', 'a\u2029b', 'é'.repeat(70_000), ''];
  const read = await tasksFromFile(
    await file(texts.map((text) => JSON.stringify({ payload: { text } })).join('\r\n')),
    { skill: 'lint' },
  );
  expect(read.map(({ skill, payload }) => ({ skill, payload }))).toEqual(
    texts.map((text) => ({ skill: 'lint', payload: { text } })),
  );
});

test('numbers of a file and of a payload are sent as they are; a key that is given twice is named', async () => {
  const exact = '{"id":1970670598291982290,"long":0.1234567890123456789,"__proto__":1}';
  const [task] = await tasksFromFile(await file(`{"payload":${exact}}`), {});
  expect(JSON.stringify(task?.payload)).toBe(exact);
  expect(JSON.stringify(await readJson(exact, '--payload'))).toBe(exact);
  const twice = await file('{}\n{"payload":{"a":{"b":1,"b":2}}}');
  await expect(tasksFromFile(twice, {})).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(`${twice} line 2: payload.a.b is given twice`),
  });
  await expect(readJson('{"a":1,"a":2}', '--payload')).rejects.toMatchObject({
    exitCode: 2,
    message: '--payload: a is given twice; which one is meant?',
  });
  await expect(tasksFromFile(await file('{"payload":{"a":-0}}'), {})).rejects.toMatchObject({
    message: expect.stringContaining('payload.a: must not be -0'),
  });
});

test('a line or a payload without an end is not read to its end', async () => {
  const endless = await file(`{}\n${' '.repeat(JSON_BYTES_MAX)} {}`);
  await expect(tasksFromFile(endless, {})).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(`${endless} has a line of more than ${JSON_BYTES_MAX} characters`),
  });
  await expect(readJson(`@${await file(`${' '.repeat(JSON_BYTES_MAX)}{}`)}`, '--payload')).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(`holds more than ${JSON_BYTES_MAX} bytes`),
  });
  expect(await readJson(`@${await file(' {"a": 1}\n')}`, '--payload')).toEqual({ a: 1 });
});

test('a byte order mark, which Windows writes, is no part of the text', async () => {
  expect(await readJson(`@${await file('\ufeff{"a": 1}\r\n')}`, '--payload')).toEqual({ a: 1 });
  expect(await readJson('\ufeff{"a": 1}', '--payload')).toEqual({ a: 1 });
  expect(await tasksFromFile(await file('\ufeff{"skill":"s"}\r\n'), {})).toMatchObject([{ skill: 's' }]);
});
