import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ScratchRepository } from '../../test/scratch-repository.ts';
import { skillRun, StoppedHere } from '../../test/skill-run.ts';
import { integritySweeper } from './integrity-sweeper.ts';

const NOTHING = { converted: 0, submodules: 0, not_checked_out: 0, findings: { list: [], left_out: 0 } };

function sweep(repository: ScratchRepository, files: unknown[], run = skillRun()): Promise<unknown> {
  return integritySweeper({ repo: repository.root, files }, run);
}

test('files as git has them are intact', async () => {
  const repository = new ScratchRepository({
    'a.txt': 'one\n',
    'deep/er/b.bin': Buffer.from([0, 255, 10, 13]),
    empty: '',
  });
  expect(await sweep(repository, ['a.txt', 'deep/er/b.bin', 'empty'])).toEqual({ ...NOTHING, checked: 3, intact: 3 });
});

test('a file that was tampered with behind the back of git status is found', async () => {
  const repository = new ScratchRepository({ 'ledger.txt': 'pay 10\n', 'other.txt': 'x\n' });
  const place = join(repository.root, 'ledger.txt');
  // The same size and the same times: git itself believes its index and sees nothing, unless ctime is looked at.
  repository.git('config', 'core.trustctime', 'false');
  const long = new Date('2020-01-01T00:00:00Z');
  utimesSync(place, long, long);
  repository.git('update-index', '--refresh');
  const { ino } = statSync(place);
  writeFileSync(place, 'pay 99\n');
  utimesSync(place, long, long);
  expect(statSync(place).ino).toBe(ino);
  expect(repository.git('status', '--porcelain')).toBe('');
  expect(await sweep(repository, ['ledger.txt', 'other.txt'])).toEqual({
    ...NOTHING,
    checked: 2,
    intact: 1,
    findings: {
      list: [
        {
          file: 'ledger.txt',
          what: 'modified',
          expected: repository.git('rev-parse', 'HEAD:ledger.txt').trim(),
          found: repository.git('hash-object', 'ledger.txt').trim(),
        },
      ],
      left_out: 0,
    },
  });
});

test('missing files, and other things in their place, are told apart', async () => {
  const repository = new ScratchRepository({
    gone: '1',
    folder: '2',
    link: '3',
    pipe: '4',
    'under/file': '5',
    dropped: '6',
  });
  for (const name of ['gone', 'folder', 'link', 'pipe']) rmSync(join(repository.root, name));
  mkdirSync(join(repository.root, 'folder'));
  symlinkSync('/etc/hostname', join(repository.root, 'link'));
  execFileSync('mkfifo', [join(repository.root, 'pipe')]);
  renameSync(join(repository.root, 'under'), join(repository.root, 'elsewhere'));
  symlinkSync('elsewhere', join(repository.root, 'under'));
  repository.git('rm', '--quiet', '--cached', 'dropped');
  expect(await sweep(repository, ['gone', 'folder', 'link', 'pipe', 'under/file', 'dropped'])).toMatchObject({
    checked: 6,
    intact: 0,
    findings: {
      list: [
        { file: 'gone', what: 'missing' },
        { file: 'folder', what: 'other_kind' },
        { file: 'link', what: 'other_kind' },
        { file: 'pipe', what: 'other_kind' },
        { file: 'under/file', what: 'missing' },
        { file: 'dropped', what: 'no_longer_tracked' },
      ],
    },
  });
});

test('symbolic links are hashed by their target, and never followed', async () => {
  const repository = new ScratchRepository({ 'a.txt': 'one\n' });
  symlinkSync('a.txt', join(repository.root, 'good'));
  symlinkSync('/etc/hostname', join(repository.root, 'moved'));
  repository.commit();
  rmSync(join(repository.root, 'moved'));
  symlinkSync('/etc/passwd', join(repository.root, 'moved'));
  expect(await sweep(repository, ['good', 'moved'])).toMatchObject({
    checked: 2,
    intact: 1,
    findings: { list: [{ file: 'moved', what: 'modified' }] },
  });
});

test('names with line breaks, in other scripts, and of bytes that are no text', async () => {
  const repository = new ScratchRepository({ 'line\nbreak "q" \\': 'a', 'ключ/鍵 🔑': 'b', '-rf': 'c', '*.txt': 'd' });
  const bytes = Buffer.from([0x63, 0x61, 0x66, 0xe9]); // "café" in latin1
  writeFileSync(Buffer.concat([Buffer.from(`${repository.root}/`), bytes]), 'e');
  repository.commit();
  const files = ['line\nbreak "q" \\', 'ключ/鍵 🔑', '-rf', '*.txt', { base64: bytes.toString('base64') }];
  expect(await sweep(repository, files)).toEqual({ ...NOTHING, checked: 5, intact: 5 });
});

test('names that lead out of the repository are answered without a look', async () => {
  const repository = new ScratchRepository({ 'a.txt': 'one\n' });
  const names = ['../../etc/passwd', '/etc/passwd', '.git/config', 'a.txt/../../x'];
  expect(await sweep(repository, names)).toMatchObject({
    checked: 4,
    intact: 0,
    findings: { list: names.map((file) => ({ file, what: 'no_longer_tracked' })) },
  });
});

test('what git converts on its way in and out is intact', async () => {
  const repository = new ScratchRepository({ '.gitattributes': '*.txt text eol=crlf\n', 'dos.txt': 'one\r\ntwo\r\n' });
  expect(await sweep(repository, ['dos.txt', '.gitattributes'])).toEqual({
    ...NOTHING,
    checked: 2,
    intact: 2,
    converted: 1,
  });
});

test('submodules and what a sparse checkout leaves out are counted, not judged', async () => {
  const inner = new ScratchRepository({ 'x.txt': 'x' });
  const repository = new ScratchRepository({ 'kept/a.txt': 'a', 'left-out/b.txt': 'b' });
  repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.root, 'inner');
  repository.commit();
  repository.git('sparse-checkout', 'set', 'kept');
  expect(await sweep(repository, ['inner', 'kept/a.txt', 'left-out/b.txt'])).toEqual({
    ...NOTHING,
    checked: 3,
    intact: 1,
    submodules: 1,
    not_checked_out: 1,
  });
});

test('a repository of SHA-256 ids', async () => {
  const repository = new ScratchRepository({ 'a.txt': 'one\n', 'b.txt': 'two\n' }, { objectFormat: 'sha256' });
  repository.write('b.txt', 'tampered\n');
  expect(await sweep(repository, ['a.txt', 'b.txt'])).toMatchObject({
    checked: 2,
    intact: 1,
    findings: { list: [{ file: 'b.txt', what: 'modified' }] },
  });
});

test('files in the middle of a merge', async () => {
  const repository = new ScratchRepository({ 'a.txt': 'one\n' });
  repository.git('checkout', '--quiet', '-b', 'other');
  repository.write('a.txt', 'theirs\n');
  repository.commit();
  repository.git('checkout', '--quiet', '-');
  repository.write('a.txt', 'ours\n');
  repository.commit();
  expect(() => repository.git('merge', '--quiet', 'other')).toThrow(/^Command failed: git .*merge/);
  expect(await sweep(repository, ['a.txt'])).toMatchObject({
    intact: 0,
    findings: { list: [{ file: 'a.txt', what: 'unmerged' }] },
  });
});

test.skipIf(process.getuid?.() === 0)(
  'a file that may not be read is told as such (skipped when run by root, who may read all)',
  async () => {
    const repository = new ScratchRepository({ 'a.txt': 'one\n' });
    chmodSync(join(repository.root, 'a.txt'), 0o000);
    expect(await sweep(repository, ['a.txt'])).toMatchObject({
      intact: 0,
      findings: { list: [{ what: 'unreadable', found: 'EACCES' }] },
    });
  },
);

test('the result stays small, and says what it left out', async () => {
  const names = Array.from({ length: 130 }, (_, at) => `file-${at}`);
  const repository = new ScratchRepository(Object.fromEntries(names.map((name) => [name, name])));
  for (const name of names) rmSync(join(repository.root, name));
  const result = await sweep(repository, names);
  expect(result).toMatchObject({ checked: 130, findings: { left_out: 30 } });
  expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(80 * 1024);
});

test('P4 a run that stopped at a checkpoint goes on behind the last file, with what it had found', async () => {
  const repository = new ScratchRepository({ a: '1', b: '2', c: '3' });
  repository.write('a', 'tampered');
  const first = skillRun({ stopAt: 2 });
  await expect(sweep(repository, ['a', 'b', 'c'], first)).rejects.toThrow(StoppedHere);
  repository.git('checkout', '--', 'a'); // were the first file done again, it would now be intact
  const second = skillRun({ progress: first.told.at(-1) });
  expect(await sweep(repository, ['a', 'b', 'c'], second)).toMatchObject({
    checked: 3,
    intact: 2,
    findings: { list: [{ file: 'a', what: 'modified' }] },
  });
  expect(second.told).toEqual([]);
});

test('payloads that cannot be worked on fail with every wrong field', async () => {
  const repository = new ScratchRepository({ a: '1' });
  await expect(integritySweeper({ repo: 'relative', files: [] }, skillRun())).rejects.toMatchObject({
    code: 'bad_payload',
    message: expect.stringMatching(/repo: must be an absolute path.*files: /),
  });
  await expect(integritySweeper({ repo: repository.root, files: ['a'], more: 1 }, skillRun())).rejects.toMatchObject({
    code: 'bad_payload',
  });
  await expect(integritySweeper({ repo: '/nowhere/at/all', files: ['a'] }, skillRun())).rejects.toMatchObject({
    code: 'not_a_repository',
  });
  await expect(integritySweeper({ repo: '/', files: ['a'] }, skillRun())).rejects.toMatchObject({
    code: 'not_a_repository',
  });
});
