import type { Database } from '@orchestra/database';
import { createToken } from '@orchestra/pause-core';
import { problem, type PauseReceipt, type Problem, type Role } from '@orchestra/pause-core/contract';
import type { RunningService } from '@orchestra/service-shell';
import type { PauseApiConfig } from '../src/config.ts';
import { startService } from '../src/service.ts';

/** The service in this process, on a free port. */
export function startPauseApi(databaseUrl: string, options: Partial<PauseApiConfig> = {}): Promise<RunningService> {
  return startService({
    databaseUrl,
    listenDatabaseUrl: databaseUrl,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    ...options,
  });
}

let made = 0;

export function newToken(db: Database, role: Role, name = `${role}-${++made}`): Promise<string> {
  return createToken(db, { name, role, by: 'test' });
}

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

export interface Caller {
  get<T>(path: string, headers?: Record<string, string>): Promise<Answer<T>>;
  post<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>>;
  /** Pauses a scope and expects that to work. */
  pause(scopeKind: string, scopeValue: string, more?: Record<string, unknown>): Promise<PauseReceipt>;
}

/** Calls with a token. What is not JSON in an answer fails the test. */
export function caller(url: string, token: string): Caller {
  async function call<T>(path: string, init: RequestInit): Promise<Answer<T>> {
    const answer = await fetch(url + path, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...Object.fromEntries(new Headers(init.headers)) },
    });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as T };
  }
  const post = <T>(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> =>
    call<T>(
      path,
      body === undefined
        ? { method: 'POST', headers }
        : {
            method: 'POST',
            body: typeof body === 'string' ? body : JSON.stringify(body),
            headers: { 'content-type': 'application/json', ...headers },
          },
    );
  return {
    get: (path, headers = {}) => call(path, { headers }),
    post,
    pause: async (scopeKind, scopeValue, more = {}) => {
      const answer = await post<PauseReceipt>('/api/senate/pause', {
        scope_kind: scopeKind,
        scope_value: scopeValue,
        reason: 'a test',
        ...more,
      });
      if (answer.status !== 200) throw new Error(`the pause was refused: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
  };
}

/** The problem document of a refusal, checked against the contract. */
export function problemOf(answer: Answer<unknown>): Problem {
  const document = problem.parse(answer.body);
  if (
    document.status !== answer.status ||
    answer.headers.get('content-type') !== 'application/problem+json; charset=utf-8'
  ) {
    throw new Error(`not a problem document: ${answer.status} ${answer.headers.get('content-type')}`);
  }
  return document;
}
