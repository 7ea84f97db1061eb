import { expect, test } from 'vitest';
import { connectionReason } from './connection-reason.ts';

function failed(code: string, message: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
}

test('the reason is the innermost error, with its code once', () => {
  expect(connectionReason(failed('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'))).toEqual({
    says: 'connect ECONNREFUSED 127.0.0.1:1',
    toTrust: undefined,
  });
  expect(
    connectionReason(
      new TypeError('fetch failed', {
        cause: new AggregateError([Object.assign(new Error('connect ECONNREFUSED ::1:1'), { code: 'ECONNREFUSED' })]),
      }),
    ),
  ).toEqual({ says: 'connect ECONNREFUSED ::1:1', toTrust: undefined });
  expect(connectionReason(new TypeError('fetch failed', { cause: new Error('bad port') }))).toEqual({
    says: 'bad port',
    toTrust: undefined,
  });
  expect(connectionReason(new Error('no code'))).toBeUndefined();
  expect(connectionReason('no error')).toBeUndefined();
});

test.each([
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
    'NODE_EXTRA_CA_CERTS',
  ],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate', 'NODE_EXTRA_CA_CERTS'],
  ['CERT_HAS_EXPIRED', 'certificate has expired', 'renew it'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames", 'another host'],
  [
    'ERR_SSL_WRONG_VERSION_NUMBER',
    '40B7A1:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/x.c:77:',
    'http:// instead',
  ],
])('%s: what to do about TLS', (code, message, advice) => {
  expect(connectionReason(failed(code, message))).toMatchObject({
    says: expect.stringContaining(code),
    toTrust: expect.stringContaining(advice),
  });
});
