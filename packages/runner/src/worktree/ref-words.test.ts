import { expect, test } from 'vitest';
import { fetchedTo, refWords } from './ref-words.ts';

test.each([
  ['main', 'main', ''],
  ['feature/a-b', 'feature/a-b', ''],
  ['refs/heads/main', 'refs/heads/main', ''],
  ['v1.0', 'v1.0', ''],
  ['@', 'HEAD', ''],
  ['HEAD', 'HEAD', ''],
  ['5f0c9f1', '5f0c9f1', ''],
  ['main~2', 'main', '~2'],
  ['main^', 'main', '^'],
  ['HEAD~3^2', 'HEAD', '~3^2'],
  ['v1^{}', 'v1', '^{}'],
  ['v1^{commit}~1', 'v1', '^{commit}~1'],
  ['größe', 'größe', ''],
  ['a.b', 'a.b', ''],
])('%s is the name %s and the steps "%s"', (ref, name, steps) => {
  expect(refWords(ref)).toEqual({ name, steps });
});

test.each([
  '',
  ' main',
  'main ',
  'a b',
  '-main',
  '--output=x',
  'a..b',
  'a...b',
  ':/words',
  'HEAD:file',
  'main@{1}',
  'main@{upstream}',
  '@{-1}',
  'main^{/words}',
  'main^{tree}',
  'main~x',
  'a\nb',
  'a\0b',
  'a*',
  'a?',
  'a[b',
  'a\\b',
  '/main',
  'main/',
  'a//b',
  '.a',
  'a/.b',
  'a.',
  'a.lock',
  'a.lock/b',
  '^main',
  '~1',
  '\ud800',
  'x'.repeat(2_000),
])('%j is not understood', (ref) => {
  expect(refWords(ref)).toBeUndefined();
});

test.each([
  ['an ordinary clone', ['+refs/heads/*:refs/remotes/origin/*'], 'refs/remotes/origin/a/b'],
  ['a mirror', ['+refs/*:refs/*'], 'refs/heads/a/b'],
  ['a clone of one branch', ['+refs/heads/a/b:refs/remotes/origin/a/b'], 'refs/remotes/origin/a/b'],
  ['a clone of another branch', ['+refs/heads/main:refs/remotes/origin/main'], undefined],
  ['a refspec with more around it', ['refs/heads/a/*:refs/a/*-copy'], 'refs/a/b-copy'],
  ['several', ['^refs/heads/x', '+refs/tags/*:refs/tags/*', '+refs/heads/*:refs/remotes/up/*'], 'refs/remotes/up/a/b'],
  ['one that keeps nothing', ['refs/heads/*'], undefined],
  ['none', [], undefined],
])('%s keeps a branch under the name that its fetches give it', (_what, refspecs, kept) => {
  expect(fetchedTo('refs/heads/a/b', refspecs)).toBe(kept);
});
