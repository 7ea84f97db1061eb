import { hostname } from 'node:os';
import {
  clientSettingsFromEnv,
  createClient,
  DEFAULT_TASKS_URL,
  DEFAULT_URL,
  type ClientSettings,
  type SettingOrigins,
} from '@orchestra-brake/client';
import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { claimRequest, RUNNER_PREFIX, type ClaimRequest } from '@orchestra/task-queue/contract';
import { ownProcessIdentity } from '@orchestra/task-queue/process-table';
import { directDoor } from './direct-door.ts';
import type { Door } from './door.ts';
import { httpDoor } from './http-door.ts';
import type { Handler } from './task-run.ts';

export interface WorkerOptions {
  /**
   * The database of the queue, as psql takes it, in place of `url`, `pauseUrl` and `token`: then no service is needed.
   * The package `pg` has to be installed, and the login needs the grants of docs/direct.md, or owns the tables.
   */
  databaseUrl?: string | undefined;
  /** A direct connection for notifications, where `databaseUrl` leads through a pooler in transaction mode. */
  listenDatabaseUrl?: string | undefined;
  /** worker-claimer. Where the settings of the client say, unless given. */
  url?: string | undefined;
  /** pause-api, for checkpoints. Where the settings of the client say, unless given. */
  pauseUrl?: string | undefined;
  token?: string | undefined;
  /**
   * Where `pauseUrl` (`url`), `url` (`tasksUrl`) and `token` were found, for messages. The options themselves unless
   * given.
   */
  origins?: Partial<SettingOrigins> | undefined;
  /**
   * By skill; `*` takes every other task, also one without a skill. `runner:testing` takes what is kept for the runner
   * of the skill `testing`.
   */
  handlers: Readonly<Record<string, Handler>>;
  /** Claims tasks of these agents only. */
  agents?: readonly string[] | undefined;
  /** Claims tasks of these skills only. Absent: those that have a handler, or any where there is a `*`. */
  skills?: readonly string[] | undefined;
  /** How many tasks at a time. 1 unless given. */
  concurrency?: number | undefined;
  /**
   * How many tasks to claim ahead of those that run, for many short tasks. 0 unless given: none. Each keeps its lease,
   * and is looked at again before it begins; covered by a pause by then, or the pauses not known for sure, it goes back
   * to its place.
   */
  prefetch?: number | undefined;
  /** Names this worker in receipts and histories; several may share a name. Host and process id unless given. */
  name?: string | undefined;
  /**
   * What checkpoints do while the active pauses could never be read (P13). With `stop` nothing is claimed until then
   * either.
   */
  onUnknown?: 'continue' | 'stop' | undefined;
  /** How long a claim waits for a task at the service. */
  waitSeconds?: number | undefined;
  /** How long running handlers may go on after `stop()`, before their signal is aborted. */
  drainMs?: number | undefined;
  /** How long after that a handler may take to end, before its task is put back without waiting for it. */
  abortGraceMs?: number | undefined;
  /** How often the active pauses are read when no bell rings. */
  rereadEveryMs?: number | undefined;
  /** What the handlers run cannot get at the token, so that it matters less whose it is. */
  isTokenWithheld?: boolean | undefined;
  /** How messages name the command line; `npx orchestra-brake` unless given. */
  orchestra?: string | undefined;
  /**
   * Takes what somebody has to know, one line each: that the worker cannot work, and why. It goes to stderr unless
   * given.
   */
  warn?: ((text: string) => void) | undefined;
}

export interface WorkerSettings {
  door: Door;
  warn: (text: string) => void;
  claim: Omit<ClaimRequest, 'limit' | 'ended' | 'ahead'> & { worker: string; wait_seconds: number };
  handlerFor: (skill: string | null) => Handler | undefined;
  concurrency: number;
  prefetch: number;
  onUnknown: 'continue' | 'stop';
  drainMs: number;
  abortGraceMs: number;
  rereadEveryMs: number | undefined;
}

const ANY_SKILL = '*';
const CONCURRENCY_MAX = 1_000;
const PREFETCH_MAX = 1_000;
const WAIT_SECONDS = 20;
const DRAIN_MS = 30_000;
// Longer than a command is given between TERM and KILL.
const ABORT_GRACE_MS = 10_000;

/** @throws TypeError for what makes no worker */
export function readWorkerOptions(options: WorkerOptions): WorkerSettings {
  const { handlers, concurrency = 1, prefetch = 0, onUnknown = 'continue' } = options;
  const named = Object.keys(handlers).filter((skill) => skill !== ANY_SKILL);
  // A task that was kept for a runner carries the skill itself: what its runner claims as runner:testing comes as
  // testing.
  const handlerFor = (skill: string | null) =>
    handlers[
      [skill, `${RUNNER_PREFIX}${skill}`].find((name) => name !== null && Object.hasOwn(handlers, name)) ?? ANY_SKILL
    ];
  if (Object.keys(handlers).length === 0) throw new TypeError('a worker needs at least one handler');
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > CONCURRENCY_MAX) {
    throw new TypeError(`concurrency must be a whole number from 1 to ${CONCURRENCY_MAX}, not ${concurrency}`);
  }
  if (!Number.isInteger(prefetch) || prefetch < 0 || prefetch > PREFETCH_MAX) {
    throw new TypeError(`prefetch must be a whole number from 0 to ${PREFETCH_MAX}, not ${prefetch}`);
  }
  const unhandled = options.skills?.filter((skill) => handlerFor(skill) === undefined) ?? [];
  if (unhandled.length > 0) throw new TypeError(`there is no handler for ${unhandled.join(', ')}`);

  const skills = options.skills ?? (handlers[ANY_SKILL] === undefined ? named : undefined);
  const parsed = claimRequest.omit({ limit: true, ended: true, ahead: true }).safeParse({
    worker: options.name ?? `${hostname()}:${process.pid}`,
    host: hostname(),
    pid: process.pid,
    ...ownProcessIdentity(),
    wait_seconds: options.waitSeconds ?? WAIT_SECONDS,
    ...(skills === undefined ? {} : { skills }),
    ...(options.agents === undefined ? {} : { agents: options.agents }),
  });
  if (!parsed.success) {
    throw new TypeError(parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '), {
      cause: parsed.error,
    });
  }
  const door = readDoor(options, parsed.data);
  return {
    door,
    warn: options.warn ?? ((text) => process.stderr.write(`worker ${parsed.data.worker}: ${text}\n`)),
    claim: parsed.data,
    handlerFor,
    concurrency,
    prefetch,
    onUnknown,
    drainMs: options.drainMs ?? DRAIN_MS,
    abortGraceMs: options.abortGraceMs ?? ABORT_GRACE_MS,
    rereadEveryMs: options.rereadEveryMs,
  };
}

function readDoor(options: WorkerOptions, claim: WorkerSettings['claim']): Door {
  const { databaseUrl, listenDatabaseUrl } = options;
  if (databaseUrl !== undefined) {
    const both = (['url', 'pauseUrl', 'token'] as const).find((name) => options[name] !== undefined);
    if (both !== undefined)
      throw new TypeError(`a worker goes by services or by its database: give databaseUrl or ${both}, not both`);
    const listen =
      listenDatabaseUrl === undefined ? undefined : { url: listenDatabaseUrl, setting: 'listenDatabaseUrl' };
    return directDoor({ address: { url: databaseUrl, setting: 'databaseUrl' }, listen, claim });
  }
  const { url, tasksUrl, token, origins } = whereAndAsWhom(options);
  return httpDoor(createClient({ url, tasksUrl, token }), {
    claimer: { service: 'worker-claimer', url: tasksUrl, origin: origins.tasksUrl },
    pauseApi: { service: 'pause-api', url, origin: origins.url },
    token: origins.token,
    isTokenWithheld: options.isTokenWithheld ?? false,
    orchestra: options.orchestra ?? 'npx orchestra-brake',
  });
}

/** What the options say, and what they leave open as the settings of the client say it. */
function whereAndAsWhom({ url, pauseUrl, token, origins = {} }: WorkerOptions): Omit<ClientSettings, 'home'> {
  const given = { url: pauseUrl, tasksUrl: url, token: token?.trim() || undefined };
  const isComplete = given.url !== undefined && given.tasksUrl !== undefined && given.token !== undefined;
  const found = isComplete ? undefined : clientSettingsFromEnv(ownEnvironment());
  const originOf = (setting: keyof SettingOrigins, option: string) =>
    given[setting] === undefined
      ? found?.origins[setting]
      : (origins[setting] ?? { kind: 'option' as const, name: option });
  return {
    url: given.url ?? found?.url ?? DEFAULT_URL,
    tasksUrl: given.tasksUrl ?? found?.tasksUrl ?? DEFAULT_TASKS_URL,
    token: given.token ?? found?.token,
    origins: {
      url: originOf('url', 'pauseUrl') ?? { kind: 'default', name: DEFAULT_URL },
      tasksUrl: originOf('tasksUrl', 'url') ?? { kind: 'default', name: DEFAULT_TASKS_URL },
      token: originOf('token', 'token'),
    },
  };
}
