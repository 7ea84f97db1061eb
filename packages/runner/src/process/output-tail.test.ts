import { expect, test } from 'vitest';
import { OutputTail } from './output-tail.ts';

function tailOf(bytesMax: number, ...chunks: (string | Buffer)[]): OutputTail {
  const tail = new OutputTail(bytesMax);
  for (const chunk of chunks) tail.add(Buffer.from(chunk));
  return tail;
}

test('keeps everything that fits, and the end of what does not', () => {
  expect(tailOf(10, 'abc', 'def').text()).toBe('abcdef');
  const long = tailOf(4, 'abc', 'def', 'ghij', 'k');
  expect(long.text()).toBe('hijk');
  expect(long.text(2)).toBe('jk');
  expect(long.bytesSeen).toBe(11);
});

test('one chunk larger than everything, and a limit of nothing', () => {
  expect(tailOf(3, 'abcdefgh').text()).toBe('fgh');
  expect(tailOf(0, 'abc').text()).toBe('');
});

test('never begins with half a character, and holds no NUL', () => {
  expect(tailOf(5, 'aé€😀').text()).toBe('😀');
  expect(tailOf(100, 'a\0b').text()).toBe('a\uFFFDb');
  expect(tailOf(100, Buffer.from([0xff, 0x61])).text()).toBe('\uFFFDa');
});

test('a stream without end takes no more memory than a few of its chunks', () => {
  const tail = new OutputTail(1_000);
  for (let written = 0; written < 10_000; written++) tail.add(Buffer.from('0123456789'));
  expect(tail.text()).toHaveLength(1_000);
  expect(tail.bytesSeen).toBe(100_000);
});
