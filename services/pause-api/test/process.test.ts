import { fork } from 'node:child_process';
import { once } from 'node:events';
import { plainEnvironment, serviceProgram, testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { caller, newToken } from './started.ts';
import { StreamReader } from './stream-reader.ts';

const database = testDatabase();

test('as a process: it serves, and on SIGTERM ends its streams and itself with exit code 0; its log is one JSON object a line, without secrets', async () => {
  const token = await newToken(database.pool, 'operator');
  const secret = new URL(database.url);
  const child = fork(serviceProgram('pause-api'), {
    silent: true,
    env: { ...plainEnvironment(), DATABASE_URL: database.url, PAUSE_API_PORT: '0', LOG_LEVEL: 'trace' },
  });
  try {
    if (child.stdout === null || child.stderr === null) throw new Error('a silent child has its output piped');
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [message] = await once(child, 'message');
    const { url } = message;
    const dana = caller(url, token);
    const readers = [await StreamReader.open(url, token), await StreamReader.open(url, token)];
    await dana.pause('agent', 'skeptic', { reason: 'line one\nline two {"level":60}' });
    await dana.post('/api/senate/alerts', { kind: 'k', ref_id: 'a', details: { note: token } });
    expect((await fetch(`${url}/api/senate/pauses?token=${token}`)).status).toBe(401);
    await readers[0]?.until('pause.created skeptic');

    child.kill('SIGTERM');
    await Promise.all([once(child, 'exit'), once(child.stdout, 'end')]);
    expect(child.exitCode).toBe(0);
    expect(readers.map((reader) => reader.ended)).toEqual([true, true]);
    const lines = output
      .trim()
      .split('\n')
      .map((line): { msg?: string } => JSON.parse(line));
    expect(lines.at(-1)?.msg).toBe('stopped');
    expect(lines.some((line) => line.msg === 'paused')).toBe(true);
    expect(output).not.toContain(token);
    expect(output).not.toContain(`:${secret.password}@`);
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
});
