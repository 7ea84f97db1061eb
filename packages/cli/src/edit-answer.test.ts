import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { editAnswer } from './edit-answer.ts';

const task = { id: '7', questions: '# Which branch?\n\n- main\n- \u001b[31mnext\n' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestra-editor-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** An editor that does this to the file, and keeps what it saw in `seen`. */
const editor = (script: string) => `sh -c 'cp "$1" ${join(folder, 'seen')}; ${script}' with-an-argument`;
const writes = (text: string) => editor(`{ printf "${text}"; cat "$1"; } > "$1.new"; mv "$1.new" "$1"`);
const same = async (answer: string) => answer;

test('what is written above the questions is the answer', async () => {
  expect(await editAnswer(task, writes('## On main\\\\n\\\\n# and why\\\\n'), same)).toBe('## On main\n\n# and why');
  expect(await readFile(join(folder, 'seen'), 'utf8')).toMatch(
    /\n# Task 7 asks:\n\n> # Which branch\?\n>\n> - main\n> - \\x1b\[31mnext\n$/,
  );
});

test('nothing written answers nothing', async () => {
  await expect(editAnswer(task, editor('true'), same)).rejects.toMatchObject({ code: 'no_answer' });
});

test('an editor that fails answers nothing, whatever stands in the file', async () => {
  await expect(editAnswer(task, editor('echo x > "$1"; exit 1'), same)).rejects.toMatchObject({
    code: 'editor_failed',
  });
  await expect(editAnswer(task, '/no/such/editor', same)).rejects.toMatchObject({
    code: 'editor_failed',
    message: expect.stringContaining('/no/such/editor'),
  });
});

test('without the line that cuts, all of it is the answer', async () => {
  const source = join(folder, 'source');
  await writeFile(source, 'only this\r\nand that\r\n');
  expect(await editAnswer(task, editor(`cp ${source} "$1"`), same)).toBe('only this\nand that');
});

test('what could not be sent is kept, and the message says where', async () => {
  const refused = await editAnswer(task, writes('on main\\\\n'), () => Promise.reject(new Error('refused'))).catch(
    (error: unknown) => error,
  );
  const [, path = ''] =
    /^refused\nwhat you wrote is kept in (.*)$/.exec(refused instanceof Error ? refused.message : '') ?? [];
  expect(await readFile(path, 'utf8')).toMatch(/^on main\n/);
  await rm(join(path, '..'), { recursive: true });
});
