import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LogFile } from './log-file.ts';

const MEGABYTE = 'x'.repeat(1_024 * 1_024);

function path(): string {
  const folder = mkdtempSync(join(tmpdir(), 'orchestra-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'service.log');
}

test('lines are added to what is there, for the owner alone', () => {
  const file = path();
  for (const line of ['one', 'two']) {
    const log = new LogFile(file);
    log.write(line);
    log.close();
  }
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a log never takes more than two files of about 10 MB', () => {
  const file = path();
  const log = new LogFile(file);
  for (let written = 0; written < 35; written++) log.write(MEGABYTE);
  log.close();
  expect(statSync(file).size + statSync(`${file}.1`).size).toBeLessThan(24 * 1_024 * 1_024);
});

test('a log that grew too long is put aside at the start', () => {
  const file = path();
  writeFileSync(file, MEGABYTE.repeat(11));
  const log = new LogFile(file);
  log.write('new');
  log.close();
  expect(readFileSync(file, 'utf8')).toBe('new\n');
  expect(statSync(`${file}.1`).size).toBe(11 * 1_024 * 1_024);
});

test('a log that cannot be written stops nothing', () => {
  const log = new LogFile(join(path(), 'not-a-folder', 'x.log'));
  expect(() => {
    log.write('lost');
    log.close();
  }).not.toThrow();
});

test('what could not be written once is not the end of the log: it goes on when it can', () => {
  const file = path();
  const log = new LogFile(join(file, 'x.log'));
  log.write('lost');
  mkdirSync(file);
  log.write('kept');
  log.close();
  expect(readFileSync(join(file, 'x.log'), 'utf8')).toBe('kept\n');
});
