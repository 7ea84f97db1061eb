import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalPostgresError, startCluster, type Cluster } from '@orchestra/local-postgres';
import { quietPort } from './quiet-port.ts';

// After a SIGKILL of the postmaster its backends end by themselves; until then the server refuses to start.
const START_TRIES = 40;
const START_RETRY_MS = 250;

/** A PostgreSQL of its own that can be crashed and comes back on the same port, with the same data. */
export class CrashingPostgres {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #settings: Record<string, string | number>;
  #cluster: Cluster;
  #running = true;

  private constructor(folder: string, port: number, settings: Record<string, string | number>, cluster: Cluster) {
    this.url = cluster.url;
    this.#folder = folder;
    this.#port = port;
    this.#settings = settings;
    this.#cluster = cluster;
  }

  static async start(settings: Record<string, string | number> = {}): Promise<CrashingPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'orchestra-chaos-'));
    // The server runs as another user when this runs as root; it has to be able to enter the folder.
    await chmod(folder, 0o755);
    const port = await quietPort();
    // A crash of the server loses nothing that it has handed to the kernel, so fsync would only cost time.
    const all = { max_connections: 200, fsync: 'off', ...settings };
    return new CrashingPostgres(folder, port, all, await startCluster({ folder, port, settings: all }));
  }

  get dataFolder(): string {
    return join(this.#folder, 'data');
  }

  /** SIGKILL ends the server at once, SIGQUIT a moment later; neither writes anything out. Waits until it is gone. */
  async crash(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    const pid = Number.parseInt(await readFile(join(this.dataFolder, 'postmaster.pid'), 'utf8'), 10);
    if (!(pid > 1)) throw new Error('the server left no process id');
    process.kill(pid, signal);
    this.#running = false;
    await this.#cluster.ended;
    await this.#cluster.stop(); // gives the folder's lock back; its data stay
  }

  /** Starts it again after a crash, and waits for its recovery; nothing where it runs. */
  async restart(): Promise<void> {
    if (this.#running) return;
    for (let attempt = 1; ; attempt++) {
      try {
        this.#cluster = await startCluster({ folder: this.#folder, port: this.#port, settings: this.#settings });
        this.#running = true;
        return;
      } catch (error) {
        if (attempt === START_TRIES || !(error instanceof LocalPostgresError)) throw error;
        await delay(START_RETRY_MS);
      }
    }
  }

  async remove(): Promise<void> {
    await this.#cluster.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
