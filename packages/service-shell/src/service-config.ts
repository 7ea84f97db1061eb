import { z } from 'zod';
import type { SettingValues } from './config.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const postgresUrl = z.string().refine(
  (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text),
  'must look like postgresql://user:password@host:5432/database, with special characters percent-encoded');

/** What every service reads; each adds its port and its own. */
export const COMMON_SETTINGS = {
  DATABASE_URL: postgresUrl.describe('a PostgreSQL 15 or later, as postgresql://user:password@host:5432/database; `orchestra up` brings one of its own when this is not set'),
  LISTEN_DATABASE_URL: postgresUrl.optional().describe('a direct connection for LISTEN, where DATABASE_URL goes through a pooler; not set: DATABASE_URL'),
  HOST: z.string().regex(/^[A-Za-z0-9.:_-]{1,255}$/, 'must be an address or a host name').default('127.0.0.1').describe('the address that the services listen on'),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info').describe('fatal, error, warn, info, debug, trace or silent'),
};

/** What every service is given to start with. */
export interface ServiceConfig {
  databaseUrl: string;
  listenDatabaseUrl: string;
  host: string;
  /** 0: a free one. */
  port: number;
  logLevel: LogLevel;
}

export function serviceConfig(values: SettingValues<typeof COMMON_SETTINGS>, port: number): ServiceConfig {
  return {
    databaseUrl: values.DATABASE_URL,
    listenDatabaseUrl: values.LISTEN_DATABASE_URL ?? values.DATABASE_URL,
    host: values.HOST,
    port,
    logLevel: values.LOG_LEVEL,
  };
}
