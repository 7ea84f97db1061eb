import { expect, test } from 'vitest';
import { namesPassword, plainUrl, withPassword } from './plain-url.ts';
import { parseAddress } from './parse-address.ts';

test.each([
  ['postgresql://u:s3cret@h:6000/d?sslmode=require&password=other', 'postgresql://u@h:6000/d?sslmode=require'],
  ['postgres://u%40x:p@a:1,[::2]/my%20app', 'postgresql://u%40x@a:1,[::2]:5432/my%20app'],
  ["host=/run/pg dbname=d user=u password='a b'", 'postgresql://u@%2Frun%2Fpg:5432/d'],
])('%s is kept as %s, and means the same with its password', (given, kept) => {
  expect(plainUrl(given)).toBe(kept);
  const again = parseAddress(withPassword(kept, 'p:@/?#% w'));
  const { endpoints, user, database } = parseAddress(given);
  expect(again).toMatchObject({ endpoints, user, database, password: 'p:@/?#% w' });
  expect(namesPassword(given)).toBe(true);
  expect(namesPassword(kept)).toBe(false);
});

test('another user may stand in it', () => {
  expect(plainUrl('postgresql://owner:x@h/d', 'orchestra')).toBe('postgresql://orchestra@h:5432/d');
});
