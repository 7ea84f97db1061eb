import { expect, test } from 'vitest';
import { withoutSecrets } from './log.ts';

test('passwords of connection strings and tokens are taken out of a line', () => {
  const line = `{"msg":"connecting to postgresql://orchestra:p%40ss@db:5432/x with orc_${'A'.repeat(43)}"}`;
  expect(withoutSecrets(line)).toBe('{"msg":"connecting to postgresql://orchestra:***@db:5432/x with orc_***"}');
  expect(withoutSecrets('http://127.0.0.1:4400/ and me@example.org')).toBe('http://127.0.0.1:4400/ and me@example.org');
});
