import { StopRequests } from './stop-requests.ts';

export type EndedBy = 'itself' | 'request' | 'reader';

/**
 * Does something that goes on until it is told to stop: by Ctrl-C and its like, or by whoever read our output and has
 * gone (`orchestra senate watch | head -1`).
 *
 * @returns what ended it
 */
export async function whileWanted(work: (signal: AbortSignal) => Promise<void>): Promise<EndedBy> {
  const requests = new StopRequests();
  const unread = new AbortController();
  const onError = (): void => unread.abort();
  process.stdout.on('error', onError);
  try {
    await work(AbortSignal.any([requests.signal, unread.signal]));
    return unread.signal.aborted ? 'reader' : requests.signal.aborted ? 'request' : 'itself';
  } finally {
    process.stdout.off('error', onError);
    requests.close();
  }
}
