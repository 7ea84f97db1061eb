import { describe, expect, test } from 'vitest';
import { BegunMark } from './begun-mark.ts';

const KEEP = { head: 10, tail: 1_000 };

function taken(chunks: string[]): { begun: boolean; before: string; after: string; heard: string } {
  let heard = '';
  const mark = new BegunMark('MARK-7', KEEP, (chunk) => {
    heard += chunk.toString();
  });
  for (const chunk of chunks) mark.add(Buffer.from(chunk));
  mark.end();
  return { begun: mark.begun, before: mark.before.text(), after: mark.after.text(), heard };
}

describe('a stream is taken apart at its mark', () => {
  test.each([
    ['in one piece', ['Welcome\nMARK-7\none\n', 'two\n']],
    ['byte by byte', [...'Welcome\nMARK-7\none\ntwo\n']],
    ['in the middle of the mark', ['Welcome\nMAR', 'K-7\none\ntwo\n']],
    ['behind the mark', ['Welcome\nMARK-7\n', 'one\ntwo\n']],
  ])('%s', (_how, chunks) => {
    expect(taken(chunks)).toEqual({ begun: true, before: 'Welcome\n', after: 'one\ntwo\n', heard: 'one\ntwo\n' });
  });

  test('where nothing stands before it, and where it comes again', () => {
    expect(taken(['MARK-7\nMARK-7\n'])).toMatchObject({ begun: true, before: '', after: 'MARK-7\n' });
  });
});

test.each([['This account is currently not available.\n'], ['MARK-7'], ['MARK-'], ['']])(
  '%j alone has begun nothing',
  (text) => {
    expect(taken([...text])).toEqual({ begun: false, before: text, after: '', heard: '' });
  },
);
