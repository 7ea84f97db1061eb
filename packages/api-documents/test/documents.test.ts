import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROBLEM_CODES } from '@orchestra/pause-core/contract';
import { problemCodesOf, PROBLEMS, type Route } from '@orchestra/service-shell';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import openapiTS, { astToString } from 'openapi-typescript';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { DOCUMENTED_SERVICES, DOCUMENTS, ROUTES } from '../src/documents.ts';
import { writeDocuments } from '../src/write-documents.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const refusal = z.object({
  content: z.object({
    'application/problem+json': z.object({
      schema: z.object({
        allOf: z.tuple([
          z.object({ $ref: z.string() }),
          z.looseObject({ properties: z.object({ code: z.object({ enum: z.array(z.enum(PROBLEM_CODES)) }) }) }),
        ]),
      }),
    }),
  }),
});

describe.each(DOCUMENTED_SERVICES)('the document of %s', (service) => {
  test('passes the recommended rules of Redocly without a warning', async () => {
    const problems = await lintFromString({
      source: JSON.stringify(DOCUMENTS[service]),
      absoluteRef: `${service}.json`,
      config: await createConfig({ extends: ['recommended'] }),
    });
    expect(problems.map(({ ruleId, message, location }) => `${ruleId} at ${location[0]?.pointer}: ${message}`)).toEqual(
      [],
    );
  });

  test.each(ROUTES[service].map((route): [string, Route] => [`${route.method} ${route.path}`, route]))(
    '%s lists each of its codes under its status',
    (_call, route) => {
      const { responses = {} } =
        DOCUMENTS[service].paths?.[route.path.replaceAll(/:([a-z_]+)/g, '{$1}')]?.[route.method] ?? {};
      const listed = Object.entries(responses)
        .filter(([status]) => status !== '200')
        .flatMap(([status, one]) =>
          refusal
            .parse(one)
            .content['application/problem+json'].schema.allOf[1].properties.code.enum.map((code) => ({ code, status })),
        );
      const expected = problemCodesOf(route).map((code) => ({ code, status: String(PROBLEMS[code].status) }));
      expect(listed.toSorted(byCode)).toEqual(expected.toSorted(byCode));
    },
  );
});

function byCode(one: { code: string }, other: { code: string }): number {
  return one.code < other.code ? -1 : 1;
}

test('some call lists each code, but for those of what is no call', () => {
  const listed = new Set(Object.values(ROUTES).flat().flatMap(problemCodesOf));
  // Another path, another method, and what the command line alone does.
  expect(PROBLEM_CODES.filter((code) => !listed.has(code))).toEqual([
    'not_found',
    'method_not_allowed',
    'token_name_taken',
    'token_not_found',
  ]);
});

const USE = `import type { paths as Pauses } from './pause-api.js';
import type { paths as Tasks } from './worker-claimer.js';

type Body<Operation extends { requestBody: { content: { 'application/json': unknown } } }> =
  Operation['requestBody']['content']['application/json'];
type Pause = Pauses['/api/senate/pause']['post'];
type Extend = Pauses['/api/senate/extend']['post'];
type Claim = Tasks['/api/tasks/claim']['post'];

const pause: Body<Pause> = { scope_kind: 'agent', scope_value: 'skeptic', reason: 'runaway loop' };
// @ts-expect-error: there is no such kind of scope
const wrong: Body<Pause> = { scope_kind: 'planet', scope_value: 'skeptic', reason: 'runaway loop' };
const claim: Body<Claim> = { worker: 'w1', limit: 1 };

export function firstTask(answer: Claim['responses'][200]['content']['application/json']): string | undefined {
  return answer.tasks[0]?.run_id;
}

export function words(refusal: Extend['responses'][409]['content']['application/problem+json']): string {
  // @ts-expect-error: a code that this call is not refused with
  if (refusal.code === 'task_not_found') return 'never';
  return refusal.code === 'pause_not_active' ? refusal.detail.toUpperCase() : refusal.title;
}
console.log(pause, wrong, claim);
`;

test('openapi-typescript makes typed clients of what is written for the package', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-typed-clients-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  writeDocuments(folder);
  for (const service of DOCUMENTED_SERVICES) {
    const types = await openapiTS(await readFile(join(folder, `${service}.json`), 'utf8'), {
      defaultNonNullable: false,
    });
    await writeFile(join(folder, `${service}.d.ts`), astToString(types));
  }
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await writeFile(join(folder, 'use.ts'), USE);
  const flags = [
    '--noEmit',
    '--strict',
    '--noUncheckedIndexedAccess',
    '--exactOptionalPropertyTypes',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2022,dom',
    '--types',
    '',
    '--skipLibCheck',
    'false',
  ];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), ...flags, 'use.ts'],
    { cwd: folder },
  ).catch((error: unknown) => z.object({ stdout: z.string() }).parse(error));
  expect(stdout).toBe('');
});
