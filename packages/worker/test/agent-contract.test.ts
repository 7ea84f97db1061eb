// docs/agent-contract.md is what agents go by: what it shows is what the code takes.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReport } from '@orchestra/runner';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { areSuperseded, freshQuestions, lookBefore } from '../src/command/questions.ts';
import { NUMBERED_FILES } from '../src/index.ts';

const page = await readFile(new URL('../../../docs/agent-contract.md', import.meta.url), 'utf8');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestra-contract-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function blockBelow(comment: string): string {
  const block = page.split(`<!-- ${comment} -->\n\`\`\`markdown\n`)[1]?.split('\n```')[0];
  if (block === undefined) throw new Error(`docs/agent-contract.md has no block below <!-- ${comment} -->`);
  return `${block}\n`;
}

test('the manifest lists the numbered files as the code knows them', () => {
  const printed = page
    .split('<!-- numbered files -->\n')[1]
    ?.split('\n<!-- end of numbered files -->')[0]
    ?.split('\n')
    .slice(2);
  expect(printed).toEqual(
    NUMBERED_FILES.map(
      ({ name, writtenBy, readBy, meaning }) => `| \`${name}\` | ${writtenBy} | ${readBy} | ${meaning} |`,
    ),
  );
  expect(NUMBERED_FILES.map(({ name }) => name)).toEqual(['01-questions.md', '02-answers.md', '13-test-report.md']);
});

test('the template of questions is asked as it stands, and its first line is a question', async () => {
  const template = blockBelow('template of 01-questions.md');
  const before = await lookBefore(folder);
  await writeFile(join(folder, '01-questions.md'), template);
  expect(await freshQuestions(before)).toMatchObject({ name: 'NeedsInput', questions: template });
  expect(template.split('\n')[0]).toMatch(/^[^#].*\?$/);
  expect(await areSuperseded(before, [])).toBe(false);
});

test('the smallest report opens the gate', async () => {
  const runStartedAt = new Date();
  await writeFile(join(folder, '13-test-report.md'), blockBelow('smallest 13-test-report.md'));
  expect(
    await readReport({ file: join(folder, '13-test-report.md'), runStartedAt, runId: crypto.randomUUID() }),
  ).toMatchObject({ passes: true });
});
