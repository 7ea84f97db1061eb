import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { OUTCOME_TABLE, OutcomeRowsError, extendedTable } from '../src/index.ts';
import { tableAsMarkdown } from '../src/outcome/table-as-markdown.ts';

const docs = await readFile(new URL('../../../docs/runners.md', import.meta.url), 'utf8');

test('docs/runners.md prints the outcome table as it is', () => {
  const printed = docs.split('<!-- outcome table -->\n')[1]?.split('\n<!-- end of outcome table -->')[0];
  expect(printed).toBe(tableAsMarkdown(OUTCOME_TABLE));
});

test("the example of a project's own rows in docs/runners.md is one", () => {
  const example = /```yaml\n(outcomes:\n[^]*?)```/.exec(docs)?.[1] ?? '';
  expect(() => extendedTable('outcomes: [{}]')).toThrow(OutcomeRowsError);
  expect(extendedTable(example).length).toBeGreaterThan(OUTCOME_TABLE.length);
});

test("docker-compose.yml starts both runners, in the image that has git and ssh, without the database's address", async () => {
  const at = (name: string) => readFile(new URL(`../../../${name}`, import.meta.url), 'utf8');
  const compose = z
    .looseObject({
      services: z.record(
        z.string(),
        z.looseObject({ profiles: z.unknown().optional(), environment: z.unknown().optional() }),
      ),
    })
    .parse(parse(await at('docker-compose.yml'), { merge: true }));
  const runners = Object.values(compose.services).filter(
    ({ profiles }) => Array.isArray(profiles) && profiles.includes('runners'),
  );
  expect(runners).toHaveLength(2);
  for (const runner of runners) {
    expect(runner).toMatchObject({
      build: { target: 'runner' },
      command: expect.arrayContaining(['worker', '--runner', '--runner-config']),
    });
    expect(JSON.stringify(runner.environment)).not.toContain('DATABASE_URL');
  }
  const stages = (await at('Dockerfile')).split(/^FROM /m);
  expect(stages.find((stage) => stage.includes(' AS runner\n'))).toMatch(/install[^&]*\bgit\b[^&]*\bopenssh-client\b/);
  // What is built where no stage is named is the image of the services.
  expect(stages.at(-1)).toBe('services\n');
});
