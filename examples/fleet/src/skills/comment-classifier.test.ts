import { expect, test } from 'vitest';
import { ScratchRepository } from '../../test/scratch-repository.ts';
import { skillRun } from '../../test/skill-run.ts';
import { commentClassifier } from './comment-classifier.ts';

async function found(files: Record<string, string>): Promise<unknown> {
  const repository = new ScratchRepository(files);
  return commentClassifier({ repo: repository.root, files: Object.keys(files) }, skillRun());
}

/** "line kind text" of each finding in one file. */
async function lines(name: string, text: string): Promise<string[]> {
  const result = await found({ [name]: text });
  const {
    findings: { list },
  } = result as { findings: { list: { line: number; kind: string; text: string }[] } };
  return list.map(({ line, kind, text: said }) => `${line} ${kind} ${said}`);
}

test('what comments ask for is sorted by kind, with its place, text and owner', async () => {
  expect(
    await found({
      'a.ts':
        'const a = 1; // TODO(ada): count from 0\n/*\n * FIXME leaks\n *   a lot\n */\n/** XXX: why? */\n// HACK\n',
      'b.png': 'TODO',
    }),
  ).toEqual({
    files: 1,
    skipped: 1,
    comments: 4,
    by_kind: { TODO: 1, FIXME: 1, XXX: 1, HACK: 1 },
    findings: {
      list: [
        { kind: 'TODO', file: 'a.ts', line: 1, text: 'count from 0', owner: 'ada' },
        { kind: 'FIXME', file: 'a.ts', line: 3, text: 'leaks' },
        { kind: 'XXX', file: 'a.ts', line: 6, text: 'why?' },
        { kind: 'HACK', file: 'a.ts', line: 7, text: '' },
      ],
      left_out: 0,
    },
  });
});

test('strings, templates and regular expressions are no comments', async () => {
  expect(
    await lines(
      'a.ts',
      [
        `const a = "// TODO: no", b = '/* TODO: no */', c = "\\"// TODO: no";`,
        'const d = `// TODO: no ${ f({ x: `// TODO: no` }) /* TODO: yes */ } // TODO: no`; // TODO: yes',
        'const e = /[/*"]/.test(x), g = /\\/\\/ TODO: no/g; // TODO: yes',
        'const h = a / b; // TODO: yes',
        `const i = <p>Don't</p>; // TODO: yes`,
        'return /"/.test(y) // TODO: yes',
        `const url = 'http://x.test'; // TODO: yes`,
      ].join('\n'),
    ),
  ).toEqual([2, 2, 3, 4, 5, 6, 7].map((line) => `${line} TODO yes`));
});

test('each language has its own marks', async () => {
  expect(
    await lines(
      'a.py',
      '"""TODO: no\n# TODO: no"""\nx = "# TODO: no"  # TODO: yes\ns = \'it\\\'s # TODO: no\' # FIXME yes\n',
    ),
  ).toEqual(['3 TODO yes', '4 FIXME yes']);
  expect(
    await lines('a.sh', "echo $# TODO: no; echo a#TODO: no\necho 'x # TODO: no' # TODO: yes\n# don't\n# XXX yes"),
  ).toEqual(['2 TODO yes', '4 XXX yes']);
  expect(await lines('a.sql', "select '-- TODO: no', 'it''s' -- TODO: yes\n/* HACK: yes */")).toEqual([
    '1 TODO yes',
    '2 HACK yes',
  ]);
  expect(await lines('a.rs', "fn f<'a>(x: &'a str) {} // TODO: yes\nlet c = '\"'; // TODO: yes")).toEqual([
    '1 TODO yes',
    '2 TODO yes',
  ]);
  expect(await lines('a.go', 'x := `// TODO: no\n// TODO: no` // TODO: yes')).toEqual(['2 TODO yes']);
  expect(await lines('a.css', 'a { b: url(//x.test) } /* TODO: yes */')).toEqual(['1 TODO yes']);
  expect(await lines('a.md', 'TODO: no\n<!-- TODO: yes -->')).toEqual(['2 TODO yes']);
  expect(await lines('Makefile', 'a:\n\techo # TODO: yes')).toEqual(['2 TODO yes']);
});

test('a sentence about such comments is none', async () => {
  expect(
    await lines(
      'a.ts',
      [
        '// Finds TODO comments, and `FIXME:` as well.',
        '// TODOs are fine; so is METODO: x',
        '// todo: in small letters it is prose',
        '// This is slow. TODO: cache it',
        '/* no asterisk\n   TODO indented */',
      ].join('\n'),
    ),
  ).toEqual(['4 TODO cache it', '6 TODO indented']);
});

test('texts are kept on one line, without controls, and short', async () => {
  const [first = ''] = await lines('a.ts', `// TODO: \x1b[31mred\x07 ${'🔑'.repeat(300)}\r\nx`);
  expect(first).toMatch(/^1 TODO \[31mred  🔑+…$/u);
  expect([...first].length).toBeLessThan(220);
  expect(first.isWellFormed()).toBe(true);
});

test('a hostile text takes no longer than its length', async () => {
  const hostile = [
    '`${'.repeat(100_000),
    '/'.repeat(300_000),
    '"'.repeat(300_001),
    '/*'.repeat(100_000),
    '"\\'.repeat(100_000),
    'a/['.repeat(100_000),
    `"""${'\\'.repeat(200_001)}`,
  ];
  expect(
    await found(
      Object.fromEntries(
        hostile.flatMap((text, at) => [
          [`${at}.ts`, text],
          [`${at}.py`, text],
        ]),
      ),
    ),
  ).toMatchObject({ files: 14 });
});
