import { createHash } from 'node:crypto';
import { realpath, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FolderLock {
  release(): Promise<void>;
}

/** Somebody else holds the lock. */
export class FolderLockedError extends Error {
  override readonly name = 'FolderLockedError';
  /** The holder's process id; undefined when it did not answer. */
  readonly pid: number | undefined;

  constructor(folder: string, purpose: string, pid: number | undefined) {
    super(`another process${pid === undefined ? '' : ` (pid ${pid})`} holds ${folder} as ${purpose}`);
    this.pid = pid;
  }
}

const ANSWER_WAIT_MS = 1_000;

/**
 * Makes this process the only one that uses `folder` for `purpose`, until it releases the lock or dies in whatever way.
 * A listening socket, not a file with a process id: the system takes it back with the process, and ids are reused.
 *
 * @throws {FolderLockedError} when another process, or this one, holds it
 */
export async function lockFolder(folder: string, purpose: string): Promise<FolderLock> {
  const address = addressOf(await realpath(folder), purpose);
  const server = (await listen(address)) ?? (await takeOver(address, folder, purpose));
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

function addressOf(folder: string, purpose: string): string {
  const name = `orchestra-${createHash('sha256').update(`${purpose}\0${folder}`).digest('hex').slice(0, 32)}`;
  switch (process.platform) {
    case 'linux':
      return `\0${name}`; // no file: the name lives and dies with the socket
    case 'win32':
      return `\\\\.\\pipe\\${name}`;
    default:
      return join(tmpdir(), `${name}.sock`); // the folder's own path may be too long for a socket
  }
}

async function listen(address: string): Promise<Server | undefined> {
  const server = createServer((asking) => {
    asking.on('error', () => {}); // whoever asked went away
    asking.end(String(process.pid));
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () => resolve(server));
  });
}

async function takeOver(address: string, folder: string, purpose: string): Promise<Server> {
  const holder = await askHolder(address);
  if (holder.alive) throw new FolderLockedError(folder, purpose, holder.pid);
  // Only a socket that is a file outlives its process.
  if (address.startsWith('/')) await unlink(address).catch(() => {}); // another start was quicker: listening decides
  const server = await listen(address);
  if (server === undefined) throw new FolderLockedError(folder, purpose, undefined);
  return server;
}

function askHolder(address: string): Promise<{ alive: boolean; pid?: number | undefined }> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(address);
    socket.setTimeout(ANSWER_WAIT_MS, () => {
      socket.destroy();
      resolve({ alive: true });
    });
    socket.on('data', (bytes) => {
      answer += String(bytes);
    });
    socket.on('end', () => resolve({ alive: true, pid: Number.parseInt(answer, 10) || undefined }));
    socket.on('error', () => resolve({ alive: false }));
  });
}
