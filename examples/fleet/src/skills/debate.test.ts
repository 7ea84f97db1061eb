import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ScratchRepository } from '../../test/scratch-repository.ts';
import { skillRun, StoppedHere } from '../../test/skill-run.ts';
import { debate } from './debate.ts';

const debated = z.object({
  verdict: z.string(),
  rounds: z.array(
    z.object({
      topic: z.string(),
      won_by: z.string(),
      keeper: z.string(),
      critic: z.string(),
      measures: z.array(z.object({ name: z.string(), value: z.number() })),
    }),
  ),
});

async function over(repository: ScratchRepository, file: string, run = skillRun()) {
  const { rounds, ...rest } = debated.parse(await debate({ repo: repository.root, files: [file] }, run));
  const measured = Object.fromEntries(
    rounds.flatMap(({ measures }) => measures.map(({ name, value }) => [name, value])),
  );
  return { ...rest, rounds, measured };
}

test('three rounds of what was counted, and a verdict', async () => {
  const repository = new ScratchRepository({
    'src/gate.ts':
      "import { a } from './a.ts';\n// import { no } from './no.ts';\nif (a) {\n  for (const b of a) b();\n}\n",
    'src/a.ts': 'export const a = 1;\n',
    'src/user.ts': "import { x } from './gate.ts';\n",
    'src/other.ts': "import { x } from './elsewhere/gate.ts';\n",
    'README.md': 'See [the gate](src/gate.ts) and `gate`.\n',
  });
  repository.write('src/gate.ts', "import { a } from './a.ts';\nif (a) {\n  for (const b of a) b();\n}\n");
  repository.commit();
  repository.git('mv', 'src/gate.ts', 'src/door.ts');
  repository.git('mv', 'src/door.ts', 'src/gate.ts');
  const { verdict, rounds, measured } = await over(repository, 'src/gate.ts');
  expect(verdict).toBe('leave_alone');
  expect(rounds.map(({ topic, won_by }) => `${topic}: ${won_by}`)).toEqual([
    'size: keeper',
    'coupling: keeper',
    'churn: keeper',
  ]);
  expect(measured).toEqual({
    lines_of_code: 4,
    longest_line: 27,
    deepest_indent: 1,
    decisions: 2,
    imports: 1,
    imported_by: 2,
    commits: 2,
    authors: 1,
    times_rewritten: 1.2,
  });
});

test('a file that is too big, too coupled and too often changed goes to the critic', async () => {
  const names = Array.from({ length: 30 }, (_, at) => `f${at}`);
  const repository = new ScratchRepository(
    Object.fromEntries(names.map((name) => [`${name}.ts`, "import './hub.ts';\n"])),
  );
  for (let change = 0; change < 31; change++) {
    repository.write(
      'hub.ts',
      `${names.map((name) => `import './${name}.ts';\n`).join('')}${`x(${change});\n`.repeat(300)}`,
    );
    repository.commit();
  }
  const { verdict, rounds, measured } = await over(repository, 'hub.ts');
  expect(measured).toMatchObject({ lines_of_code: 330, imports: 30, imported_by: 30, commits: 31 });
  expect(rounds.map(({ critic }) => critic)).toEqual([
    'lines of code 330 is beyond 300',
    'imports 30 is beyond 20',
    expect.stringMatching(/^times rewritten \d+(\.\d)? is beyond 4$/),
  ]);
  expect(verdict).toBe('rework');
});

test('churn follows a file through a new name', async () => {
  const repository = new ScratchRepository({ 'old name\n.ts': 'a\nb\nc\nd\n' });
  repository.git('mv', 'old name\n.ts', 'new.ts');
  repository.commit();
  expect((await over(repository, 'new.ts')).measured).toMatchObject({ commits: 2, authors: 1 });
});

test('where other files’ history is lacking, churn does without old names', async () => {
  const repository = new ScratchRepository({ 'a.ts': 'a\n', 'big.bin': 'b'.repeat(1_000) });
  const blob = repository.git('rev-parse', 'HEAD:big.bin').trim();
  rmSync(join(repository.root, '.git/objects', blob.slice(0, 2), blob.slice(2)));
  expect((await over(repository, 'a.ts')).measured).toMatchObject({ commits: 1, times_rewritten: 0.5 });
});

test('the same repository gives the same debate', async () => {
  const repository = new ScratchRepository({ 'a.py': 'import os\n' });
  expect(await over(repository, 'a.py')).toEqual(await over(repository, 'a.py'));
});

test('P4 there is a checkpoint after each round, and the next run goes on with the rounds that were held', async () => {
  const repository = new ScratchRepository({ 'a.ts': 'one();\n' });
  const first = skillRun({ stopAt: 1 });
  await expect(over(repository, 'a.ts', first)).rejects.toThrow(StoppedHere);
  expect(first.told).toMatchObject([{ rounds: [{ topic: 'size' }] }]);
  repository.write('a.ts', 'one();\n'.repeat(1_000)); // were the first round held again, the critic would win it
  const second = skillRun({ progress: first.told.at(-1) });
  const { rounds } = await over(repository, 'a.ts', second);
  expect(rounds.map(({ topic, won_by }) => `${topic}: ${won_by}`)).toEqual([
    'size: keeper',
    'coupling: keeper',
    'churn: keeper',
  ]);
  expect(second.told).toHaveLength(2);
});

test('progress of another shape is begun anew', async () => {
  const repository = new ScratchRepository({ 'a.ts': 'one();\n' });
  expect(
    (await over(repository, 'a.ts', skillRun({ progress: { rounds: [{ nonsense: true }] } }))).rounds,
  ).toHaveLength(3);
});

test('where nothing was committed yet, and for a name that is no text, there is no history', async () => {
  const repository = new ScratchRepository();
  repository.write('a.ts', '');
  repository.git('add', 'a.ts');
  expect((await over(repository, 'a.ts')).measured).toMatchObject({ commits: 0, times_rewritten: 0 });
});

test('what is gone or no text is not debatable', async () => {
  const repository = new ScratchRepository({ gone: '1', 'bin.ts': '\0' });
  rmSync(join(repository.root, 'gone'));
  const why = async (file: string): Promise<unknown> => debate({ repo: repository.root, files: [file] }, skillRun());
  expect(await why('gone')).toEqual({ file: 'gone', verdict: 'not_debatable', why: 'missing' });
  expect(await why('bin.ts')).toEqual({ file: 'bin.ts', verdict: 'not_debatable', why: 'binary' });
  expect(await why('never')).toEqual({ file: 'never', verdict: 'not_debatable', why: 'no_longer_tracked' });
  await expect(debate({ repo: repository.root, files: ['gone', 'bin.ts'] }, skillRun())).rejects.toMatchObject({
    code: 'bad_payload',
  });
});
