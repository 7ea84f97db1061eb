import { expect, test } from 'vitest';
import { readSettings } from './config.ts';
import { COMMON_SETTINGS, serviceConfig } from './service-config.ts';

const tracingWith = (env: NodeJS.ProcessEnv) =>
  serviceConfig(readSettings(COMMON_SETTINGS, { DATABASE_URL: 'postgres://a/b', ...env }), 1).tracing;

test('tracing is off unless asked for, by its switch or by the address of a collector', () => {
  expect(tracingWith({})).toBeUndefined();
  expect(tracingWith({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' })).toEqual({
    endpoint: 'http://collector:4318',
  });
  expect(tracingWith({ ORCHESTRA_TRACING: 'on' })).toEqual({ endpoint: 'http://127.0.0.1:4318' });
  expect(
    tracingWith({ ORCHESTRA_TRACING: 'off', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }),
  ).toBeUndefined();
  expect(() => tracingWith({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' })).toThrow(
    'OTEL_EXPORTER_OTLP_ENDPOINT must look like',
  );
});
