import { expect, test } from 'vitest';
import { BEGIN, END, withMarkedBlock } from './marked-block.ts';

test('what stands between the markers is replaced, all else stays, and once more gives the same', () => {
  const page = `above\n\n${BEGIN}\nold\n${END}\n\nbelow\n`;
  const once = withMarkedBlock(page, 'new $& line\n');
  expect(once).toBe(`above\n\n${BEGIN}\n\nnew $& line\n\n${END}\n\nbelow\n`);
  expect(withMarkedBlock(once, 'new $& line')).toBe(once);
});

test('a page without both markers, once each and in order, is refused', () => {
  for (const page of ['', BEGIN, END, `${END}${BEGIN}`, `${BEGIN}${END}${BEGIN}${END}`])
    expect(() => withMarkedBlock(page, 'new'), page).toThrow('needs one line');
});
