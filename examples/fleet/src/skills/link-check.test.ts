import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ScratchRepository } from '../../test/scratch-repository.ts';
import { skillRun } from '../../test/skill-run.ts';
import { linkCheck } from './link-check.ts';

async function check(
  files: Record<string, string>,
  checked = ['a.md'],
  change?: (repository: ScratchRepository) => void,
): Promise<unknown> {
  const repository = new ScratchRepository(files);
  change?.(repository);
  return linkCheck({ repo: repository.root, files: checked }, skillRun());
}

const sound = (relative: number, absolute = 0) => ({
  files: 1,
  skipped: 0,
  relative_links: relative,
  absolute_links: absolute,
  findings: { list: [], left_out: 0 },
});

test('links to files, folders, headings and images that are there', async () => {
  expect(
    await check({
      'a.md': [
        '# Top',
        '[file](docs/b.md) and [folder](docs/), ![image](img/x.png "a title"), [![badge](img/x.png)](./docs/b.md)',
        '[from the top](/docs/b.md), [heading](docs/b.md#the-claim-gate-once), [again](docs/b.md#same-1), ' +
          '[own](#top), [html](docs/b.md#by-hand)',
        '[query](img/x.png?raw=true), [setext](docs/b.md#under-lined), [line](docs/code.ts#L10)',
      ].join('\n'),
      'docs/b.md': '## The `claim`: *gate*, once!\n\n# Same\n# Same\n\nUnder lined\n===\n\n<a id="by-hand"></a>\n',
      'docs/code.ts': '',
      'img/x.png': 'png',
    }),
  ).toEqual(sound(13));
});

test('broken links are told with their line, what they say and what is wrong', async () => {
  expect(
    await check(
      {
        'docs/a.md':
          'fine\n\n[gone](b.md)\n![gone](../img/x.png)\n[case](../README.MD)\n[heading](../README.md#nope)\n[up](../../x.md)\n[built](../dist/y.js)\n\n[ref]: missing.md "t"\n',
        'README.md': '# Yes',
      },
      ['docs/a.md'],
      (repository) => repository.write('dist/y.js', ''),
    ),
  ).toMatchObject({
    relative_links: 7,
    findings: {
      list: [
        { file: 'docs/a.md', line: 3, target: 'b.md', what: 'no_such_file' },
        { file: 'docs/a.md', line: 4, target: '../img/x.png', what: 'no_such_file' },
        { file: 'docs/a.md', line: 5, target: '../README.MD', what: 'no_such_file' },
        { file: 'docs/a.md', line: 6, target: '../README.md#nope', what: 'no_such_heading' },
        { file: 'docs/a.md', line: 7, target: '../../x.md', what: 'outside_repository' },
        { file: 'docs/a.md', line: 8, target: '../dist/y.js', what: 'not_tracked' },
        { file: 'docs/a.md', line: 10, target: 'missing.md', what: 'no_such_file' },
      ],
    },
  });
});

test('links to other sites are counted and left alone', async () => {
  expect(
    await check({
      'a.md':
        '[a](https://x.test/[y]) [b](mailto:a@b.test) [c](//x.test) <https://x.test/](z)> [d]({{url}}/x) ' +
        '[e](ftp://x.test)\n\n[f]: HTTP://x.test',
    }),
  ).toEqual(sound(0, 6));
});

test('a leading slash means the top of the repository, or else an address of the site that is made of it', async () => {
  expect(
    await check({ 'docs/a.md': '[1](/docs/a.md) [2](/docs/quick-start) [3](/docs/gone.md)' }, ['docs/a.md']),
  ).toMatchObject({
    relative_links: 2,
    absolute_links: 1,
    findings: { list: [{ target: '/docs/gone.md', what: 'no_such_file' }] },
  });
});

test('code, comments and front matter hold no links', async () => {
  expect(
    await check({
      'a.md': [
        '---',
        'link: "[x](no.md)"',
        '---',
        '',
        '```md',
        '[x](no.md)',
        '~~~',
        '```',
        '',
        '~~~~',
        '[x](no.md)',
        '~~~',
        '[x](no.md)',
        '~~~~',
        '',
        'a `[x](no.md)` b ``[x](`no.md)`` c',
        '',
        '    [x](no.md)',
        '',
        '<!-- [x](no.md)',
        '[x](no.md) -->',
        '',
        '- item',
        '',
        '  ```',
        '  [x](no.md)',
        '  ```',
        '',
        '> ```',
        '> [x](no.md)',
        '> ```',
        '',
        '\\[x](no.md) and \\`[real](a.md)\\`',
        '',
        'a lone ` tick',
        '',
        '[real](a.md)',
        '',
        '```',
        '[x](no.md) in a block that is never closed',
      ].join('\n'),
    }),
  ).toEqual(sound(2));
});

test('lists may be indented without becoming code', async () => {
  expect(await check({ 'a.md': '- item\n\n    [real](a.md)\n\n1. item\n   - item\n\n      [real](a.md)\n' })).toEqual(
    sound(2),
  );
});

test('escapes, brackets, blanks and other scripts in targets', async () => {
  expect(
    await check({
      'a.md': [
        '[1](<with blank.md>) [2](with%20blank.md) [3](a\\(b\\).md) [4](a(b).md) ' +
          '[5](%D0%BA%D0%BB%D1%8E%D1%87.md) [6](ключ.md)',
        '[7](100%.md) [8](a.md "title (x) \\" y") [9](',
        '  a.md',
        ') [10](x&amp;y.md) [not a link] (no.md) [nor this](no.md no) [^1]',
        '',
        '[^1]: a footnote',
        '[11]: <with blank.md>',
        '[12]:',
        '  a.md',
        '',
      ].join('\n'),
      'with blank.md': '',
      'a(b).md': '',
      'ключ.md': '',
      '100%.md': '',
      'x&y.md': '',
    }),
  ).toEqual(sound(12));
});

test('links through symbolic links are followed inside the repository, and not out of it', async () => {
  expect(
    await check({ 'a.md': '[1](short/b.md) [2](out/passwd) [3](round/x)', 'docs/b.md': '' }, ['a.md'], (repository) => {
      symlinkSync('docs', join(repository.root, 'short'));
      symlinkSync('/etc', join(repository.root, 'out'));
      symlinkSync('round', join(repository.root, 'round'));
      repository.commit();
    }),
  ).toMatchObject({
    relative_links: 3,
    findings: {
      list: [
        { target: 'out/passwd', what: 'outside_repository' },
        { target: 'round/x', what: 'outside_repository' },
      ],
    },
  });
});

test('what is no text is skipped', async () => {
  expect(
    await check(
      { 'binary.md': '[x](no.md)\0', 'large.md': '[x](no.md)'.repeat(120_000), 'a.md': '' },
      ['binary.md', 'large.md', 'gone.md', 'a.md'],
      (repository) => {
        mkdirSync(join(repository.root, 'never'));
      },
    ),
  ).toMatchObject({ files: 1, skipped: 3, relative_links: 0 });
});

test('a hostile text takes no longer than its length', async () => {
  const hostile = [
    '`'.repeat(1_000),
    '[](<'.repeat(50_000),
    '[a]('.repeat(50_000),
    '` `` '.repeat(50_000),
    '[](x "'.repeat(50_000),
    '<a '.repeat(50_000),
  ];
  expect(
    await check(
      Object.fromEntries(hostile.map((text, at) => [`${at}.md`, text])),
      hostile.map((_, at) => `${at}.md`),
    ),
  ).toMatchObject({ files: 6 });
});
