import { createToken } from '@orchestra/pause-core';
import type { Role } from '@orchestra/pause-core/contract';
import type { Database } from '@orchestra/database';
import { makeLogger } from '@orchestra/service-shell';
import type {
  ClaimAnswer,
  ClaimRequest,
  EnqueueAnswer,
  FinishAnswer,
  QueueView,
  TaskEvents,
  TaskView,
} from '@orchestra/task-queue/contract';
import type { WorkerClaimerConfig } from '../src/config.ts';
import { startService } from '../src/service.ts';

export const quiet = makeLogger({ service: 'test', level: 'silent' });

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
  /** As it came: JSON.parse rounds numbers. */ text: string;
}

export interface Served {
  url: string;
  stop(): Promise<void>;
  /** With the token of a worker. */
  post<T>(path: string, body: unknown, options?: CallOptions): Promise<Answer<T>>;
  get<T>(path: string, options?: CallOptions): Promise<Answer<T>>;
  add(...tasks: object[]): Promise<string[]>;
  claim(request?: Partial<ClaimRequest>, options?: CallOptions): Promise<ClaimAnswer['tasks']>;
  release(task: ClaimAnswer['tasks'][number], cause?: string): Promise<FinishAnswer>;
  task(id: string): Promise<TaskView>;
  eventKinds(id: string): Promise<string[]>;
  queue(): Promise<QueueView>;
  /** The sum of a metric over its labels, or over those that hold this text. */
  metric(name: string, holding?: string): Promise<number>;
}

export interface CallOptions {
  token?: string | undefined;
  key?: string;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

let tokens = 0;

export function makeToken(db: Database, role: Role): Promise<string> {
  return createToken(db, { name: `${role}-${++tokens}`, role, by: 'test' });
}

/** The service in this process, on a free port, as a worker with a token sees it. */
export async function serve(
  database: { url: string; pool: Database },
  config: Partial<WorkerClaimerConfig> = {},
): Promise<Served> {
  const token = await makeToken(database.pool, 'worker');
  const service = await startService({
    databaseUrl: database.url,
    listenDatabaseUrl: database.url,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    leaseSeconds: 60,
    reapEveryMs: 600_000,
    waitersMax: 100,
    ...config,
  });
  const call = async <T>(path: string, init: RequestInit, options: CallOptions = {}): Promise<Answer<T>> => {
    const bearer = 'token' in options ? options.token : token;
    const response = await fetch(service.url + path, {
      ...init,
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.key === undefined ? {} : { 'idempotency-key': options.key }),
        ...options.headers,
      },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as T, text };
  };
  const post = <T>(path: string, body: unknown, options?: CallOptions) =>
    call<T>(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }, options);
  const get = <T>(path: string, options?: CallOptions) => call<T>(path, {}, options);
  const ok = async <T>(answer: Promise<Answer<T>>): Promise<T> => {
    const { status, body } = await answer;
    if (status !== 200) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
    return body;
  };
  return {
    url: service.url,
    stop: () => service.stop(),
    post,
    get,
    add: async (...tasks) => (await ok(post<EnqueueAnswer>('/api/tasks', { tasks }))).ids,
    claim: async (request, options) =>
      (await ok(post<ClaimAnswer>('/api/tasks/claim', { worker: 'w-1', limit: 10, ...request }, options))).tasks,
    release: (task, cause = 'shutdown') =>
      ok(post<FinishAnswer>(`/api/tasks/${task.id}/release`, { run_id: task.run_id, cause })),
    task: (id) => ok(get<TaskView>(`/api/tasks/${id}`)),
    eventKinds: async (id) => (await ok(get<TaskEvents>(`/api/tasks/${id}/events`))).events.map((event) => event.kind),
    queue: () => ok(get<QueueView>('/api/queue')),
    metric: async (name, holding = '') => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      return text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) && line.includes(holding))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    },
  };
}
