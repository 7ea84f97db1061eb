import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { plainEnvironment, serviceProgram } from '@orchestra/testkit';
import type { ClaimAnswer, ClaimedTask, EnqueueAnswer, NewTask } from '@orchestra/task-queue/contract';
import { sleep } from '@orchestra/timing';

/**
 * worker-claimer as a process of its own and a few workers that speak REST to it. A task with `{"hold": true}` runs
 * until it is let go, one with `{"fail": "…"}` fails for good; any other is done at once.
 */
export class Fleet {
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #token: string;
  readonly #stopping = new AbortController();
  readonly #workers: Promise<void>[];
  #letGo = Promise.withResolvers<void>();

  private constructor(child: ChildProcess, url: string, token: string, workers: number) {
    this.#child = child;
    this.#url = url;
    this.#token = token;
    this.#workers = Array.from({ length: workers }, (_, index) => this.#work(`worker-${index + 1}`));
  }

  /** @param token of a worker */
  static async start({
    databaseUrl,
    token,
    workers,
  }: {
    databaseUrl: string;
    token: string;
    workers: number;
  }): Promise<Fleet> {
    const env = { ...plainEnvironment(), DATABASE_URL: databaseUrl, WORKER_CLAIMER_PORT: '0', LOG_LEVEL: 'warn' };
    const child = fork(serviceProgram('worker-claimer'), { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [{ url }] = await once(child, 'message');
    return new Fleet(child, url, token, workers);
  }

  async add(...tasks: NewTask[]): Promise<string[]> {
    return (await this.#post<EnqueueAnswer>('/api/tasks', { tasks })).ids;
  }

  /** Lets the tasks that are being held go on to their end. */
  letGo(): void {
    this.#letGo.resolve();
    this.#letGo = Promise.withResolvers();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.letGo();
    await Promise.all(this.#workers);
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }

  async #work(worker: string): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const { tasks } = await this.#post<ClaimAnswer>(
          '/api/tasks/claim',
          { worker, host: 'node-7', wait_seconds: 5 },
          signal,
        );
        for (const task of tasks) await this.#run(task);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof TypeError) && !(error instanceof Unavailable)) throw error;
        await sleep(50, signal); // the service or its database is away; asked again unless the fleet stops
      }
    }
  }

  async #run({ id, run_id, payload }: ClaimedTask): Promise<void> {
    if (payload['hold'] === true) await this.#letGo.promise;
    if (typeof payload['fail'] === 'string')
      await this.#post(`/api/tasks/${id}/fail`, { run_id, error: payload['fail'], retry: false });
    else await this.#post(`/api/tasks/${id}/complete`, { run_id, result: { answer: 42 } });
  }

  async #post<T>(path: string, body: object, signal?: AbortSignal): Promise<T> {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    const answer = await fetch(this.#url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.status === 503) throw new Unavailable(await answer.text());
    if (!answer.ok) throw new Error(`${path} was refused: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}

/** The service answered that it, or its database, is away: a worker asks again. */
class Unavailable extends Error {}
