import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { testDatabase } from '@orchestra/testkit';
import { afterAll, expect, test } from 'vitest';
import { mutantFlags } from '../src/mutants/mutant-flags.ts';
import { MUTANTS } from '../src/mutants/mutants.ts';

// The checker checked: with one rule broken, it has to say so. A mutant whose text is not there any more fails as well.
const run = promisify(execFile);
const db = testDatabase();
const CATCHER = fileURLToPath(new URL('../src/mutants/catch-mutant.ts', import.meta.url));
const LIMIT_MS = 120_000;
const caught: string[] = [];

test.each(MUTANTS)(
  'a mutant is caught: $name',
  async ({ name, why, caughtBy }) => {
    const beganAt = performance.now();
    const where =
      caughtBy.level === 'L0'
        ? ['--model', caughtBy.name]
        : [caughtBy.level === 'L1' ? '--scenario' : '--property', caughtBy.name, '--database', db.url];
    const { stdout, stderr } = await run(
      process.execPath,
      [...mutantFlags(name), CATCHER, '--mutant', name, ...where],
      { timeout: LIMIT_MS },
    );
    expect(stderr, 'the mutant was not loaded').toContain(`mutant: ${name}`);
    const found: unknown = JSON.parse(stdout);
    expect(found, `it survived. ${why}`).toEqual(expect.any(String));
    caught.push(
      `${((performance.now() - beganAt) / 1_000).toFixed(1).padStart(5)} s  ${name}: ${String(found).split('\n')[0]}`,
    );
  },
  LIMIT_MS,
);

afterAll(() => console.log(caught.join('\n')));
