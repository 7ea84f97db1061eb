import { AddressError, parseAddress, schemaNameProblem } from '@orchestra/database';
import { z } from 'zod';
import type { SettingValues } from './config.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Understood at once, so that a wrong address keeps a service from starting; read again by whoever connects. */
const databaseAddress = z.string().check((context) => {
  try {
    parseAddress(context.value);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    context.issues.push({ code: 'custom', input: context.value, message: error.message });
  }
});

/**
 * Read from the environment for each connection; here it is looked at once, so that a wrong name keeps a service from
 * starting.
 */
const schemaName = z.string().check((context) => {
  const problem = schemaNameProblem(context.value);
  if (problem !== undefined) context.issues.push({ code: 'custom', input: context.value, message: problem });
});

const hostNames = z
  .string()
  .regex(/^[A-Za-z0-9.:[\]_, -]{0,4096}$/, 'must be host names, separated by commas')
  .transform((text) =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
  .prefault('');

/** What every service reads; each adds its port and its own. */
export const COMMON_SETTINGS = {
  DATABASE_URL: databaseAddress.describe(
    'a PostgreSQL 15 or later, as postgresql://user:password@host:5432/database or as psql takes it; ' +
      '`orchestra up` brings one of its own when this is not set',
  ),
  LISTEN_DATABASE_URL: databaseAddress
    .optional()
    .describe('a direct connection for LISTEN, where DATABASE_URL goes through a pooler; not set: DATABASE_URL'),
  ORCHESTRA_SCHEMA: schemaName
    .optional()
    .describe("the schema of Orchestra's tables; not set: public if they are there already, otherwise orchestra"),
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]{1,255}$/, 'must be an address or a host name')
    .default('127.0.0.1')
    .describe('the address that the services listen on'),
  ORCHESTRA_HOST_NAMES: hostNames.describe(
    'further names under which the services may be called where HOST is loopback, as that of a proxy, ' +
      'separated by commas; not set: 127.0.0.1, localhost and [::1] alone',
  ),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('fatal, error, warn, info, debug, trace or silent'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .regex(/^https?:\/\/\S+$/, 'must look like http://127.0.0.1:4318')
    .optional()
    .describe('where traces are sent, by OTLP over HTTP, as http://127.0.0.1:4318; not set: nothing is traced'),
  ORCHESTRA_TRACING: z
    .enum(['on', 'off'], 'must be on or off')
    .optional()
    .describe('on or off; not set: on where OTEL_EXPORTER_OTLP_ENDPOINT is set'),
};

const OTLP_ENDPOINT = 'http://127.0.0.1:4318';

/** What every service is given to start with. */
export interface ServiceConfig {
  databaseUrl: string;
  listenDatabaseUrl: string;
  host: string;
  /** Further names under which it may be called; see `hostRule`. */
  hostNames?: readonly string[];
  /** 0: a free one. */
  port: number;
  logLevel: LogLevel;
  /** Absent: off. */
  tracing?: { endpoint: string };
}

export function serviceConfig(values: SettingValues<typeof COMMON_SETTINGS>, port: number): ServiceConfig {
  return {
    databaseUrl: values.DATABASE_URL,
    listenDatabaseUrl: values.LISTEN_DATABASE_URL ?? values.DATABASE_URL,
    host: values.HOST,
    hostNames: values.ORCHESTRA_HOST_NAMES,
    port,
    logLevel: values.LOG_LEVEL,
    ...tracingOf(values),
  };
}

function tracingOf({
  ORCHESTRA_TRACING: asked,
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
}: SettingValues<typeof COMMON_SETTINGS>): Pick<ServiceConfig, 'tracing'> {
  if (asked === 'off' || (asked === undefined && endpoint === undefined)) return {};
  return { tracing: { endpoint: endpoint ?? OTLP_ENDPOINT } };
}
