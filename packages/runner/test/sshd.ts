import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '@orchestra/testkit';
import type { SshTarget } from '../src/index.ts';

const SSHD = '/usr/sbin/sshd';

/** A real ssh server on loopback, with keys of its own, that lets in one key as the user of these tests. */
export class Sshd {
  readonly folder: string;
  readonly target: Required<SshTarget>;
  readonly #process: ChildProcess;

  private constructor(folder: string, target: Required<SshTarget>, child: ChildProcess) {
    this.folder = folder;
    this.target = target;
    this.#process = child;
  }

  /** @param settings more of its settings, each a line */
  static async start(...settings: string[]): Promise<Sshd> {
    if (!existsSync(SSHD)) throw new Error('these tests need sshd: apt-get install -y openssh-server');
    const folder = await mkdtemp(join(tmpdir(), 'orchestra-sshd-'));
    const at = (name: string) => join(folder, name);
    for (const name of ['host_key', 'user_key', 'other_key'])
      await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', at(name)]);
    await mkdir(at('home'));
    const port = await freePort();
    const hostKey = (await readFile(at('host_key.pub'), 'utf8')).trim().split(' ').slice(0, 2).join(' ');
    await writeFile(at('known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
    await writeFile(at('authorized_keys'), await readFile(at('user_key.pub'), 'utf8'));
    await writeFile(
      at('config'),
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${at('host_key')}`,
        `AuthorizedKeysFile ${at('authorized_keys')}`,
        `PidFile ${at('pid')}`,
        'PermitRootLogin prohibit-password',
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'PrintMotd no',
        'PrintLastLog no',
        // Without the login files of whoever runs the tests, which may take a second for each login.
        `SetEnv HOME=${at('home')}`,
        ...settings,
        '',
      ].join('\n'),
    );
    // Its children change into it; a container has no service that makes it.
    if (process.getuid?.() === 0 && !existsSync('/run/sshd'))
      await promisify(execFile)('mkdir', ['-p', '-m', '0755', '/run/sshd']);
    const child = spawn(SSHD, ['-D', '-e', '-f', at('config')], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
    });
    await until(`sshd listens on ${port}: ${said}`, () => {
      if (child.exitCode !== null) throw new Error(said);
      return answers(port);
    });
    return new Sshd(
      folder,
      {
        user: userInfo().username,
        host: '127.0.0.1',
        port,
        identityFile: at('user_key'),
        knownHostsFile: at('known_hosts'),
        connectTimeoutSeconds: 10,
      },
      child,
    );
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A port that nobody listens on: free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
