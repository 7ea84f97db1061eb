import { expect, test } from 'vitest';
import { ShownOutput } from './shown-output.ts';

test('sends what is new, once it has arrived no more, and again when it has not', async () => {
  const output = new ShownOutput();
  const sent: (string | undefined)[] = [];
  const send = () =>
    output.send(async (shown) => {
      sent.push(shown?.output);
    });
  await send();
  output.show('one');
  await expect(
    output.send(async (shown) => {
      sent.push(shown?.output);
      throw new Error('the network blinked');
    }),
  ).rejects.toThrow('blinked');
  await send();
  await send();
  output.show('two');
  output.show('three');
  await send();
  expect(sent).toEqual([undefined, 'one', 'one', undefined, 'three']);
});

test('sends what is shown while it is sending with the next one', async () => {
  const output = new ShownOutput();
  output.show('one');
  await output.send(async () => {
    output.show('two');
  });
  await output.send(async (shown) => {
    expect(shown?.output).toBe('two');
  });
});

test('sends no more than the service takes, and nothing that it cannot keep', async () => {
  const output = new ShownOutput();
  output.show(`${'😀'.repeat(10_000)}\0end`);
  await output.send(async (shown) => {
    const tail = shown?.output;
    expect(tail?.length).toBe(16_000);
    expect(tail?.isWellFormed()).toBe(true);
    expect(tail?.endsWith('\uFFFDend')).toBe(true);
  });
});

test('sends more of the same, where it was counted', async () => {
  const output = new ShownOutput();
  const sent: unknown[] = [];
  const send = () =>
    output.send(async (shown) => {
      sent.push(shown);
    });
  output.show('....', 4);
  await send();
  expect(output.isBehind).toBe(false);
  output.show('....', 8);
  expect(output.isBehind).toBe(true);
  await send();
  expect(sent).toEqual([
    { output: '....', printed: 4 },
    { output: '....', printed: 8 },
  ]);
});
