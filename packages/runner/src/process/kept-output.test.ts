import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeptOutput, type KeepBytes } from './kept-output.ts';

function keptOf(keep: KeepBytes, ...chunks: (string | Buffer)[]): KeptOutput {
  const kept = new KeptOutput(keep);
  for (const chunk of chunks) kept.add(Buffer.from(chunk));
  return kept;
}

test('keeps everything that fits, however it came', () => {
  const kept = keptOf({ head: 4, tail: 4 }, 'ab', 'cde', 'fgh');
  expect(kept.text()).toBe('abcdefgh');
  expect(kept.tail()).toBe('efgh');
  expect(kept.tail(2)).toBe('gh');
  expect(keptOf({ head: 100, tail: 4 }, 'abc').tail(2)).toBe('bc');
});

test('of what does not fit, the beginning and the end, and says how much is missing', () => {
  expect(keptOf({ head: 4, tail: 4 }, 'abcdefghij', 'klmn').text()).toBe('abcd\n… 6 bytes left out …\nklmn');
  expect(keptOf({ head: 0, tail: 4 }, 'abcdefgh').text()).toBe('… 4 bytes left out …\nefgh');
});

test('never with half a character at a cut', () => {
  expect(keptOf({ head: 5, tail: 5 }, 'aé€😀', 'xxxxxxx', '😀é').text()).toBe('aé\n… 13 bytes left out …\né');
  expect(keptOf({ head: 6, tail: 2 }, 'aé€', '😀zz').text()).toBe('aé€\n… 4 bytes left out …\nzz');
  expect(keptOf({ head: 2, tail: 10 }, 'aébc').tail(3)).toBe('bc');
});

test('whatever comes, what is kept is its beginning and its end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 12 }), { maxLength: 12 }),
      fc.nat(12),
      fc.nat(12),
      (chunks, head, tail) => {
        const all = chunks.join('');
        const kept = keptOf({ head, tail }, ...chunks);
        expect(kept.bytesSeen).toBe(all.length);
        expect(kept.whole).toBe(all.length <= head + tail);
        expect(kept.tail()).toBe(tail === 0 ? '' : all.slice(-tail));
        const shown = kept.text();
        if (kept.whole) expect(shown).toBe(all);
        else
          expect([shown.startsWith(all.slice(0, head)), shown.endsWith(tail === 0 ? '\n' : all.slice(-tail))]).toEqual([
            true,
            true,
          ]);
      },
    ),
  );
});
