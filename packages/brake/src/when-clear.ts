import type { Brake } from './brake.ts';
import type { BrakeLabels } from './brake-labels.ts';

/** How a wait is woken before its time. */
export interface News {
  /** Calls back once, at the next change. @returns how to take that back */
  once(wake: () => void): () => void;
}

// No message is sent when a pause expires.
const LOOK_AGAIN_MS = 500;

/**
 * Resolves once a step with these labels may begin.
 *
 * @throws the signal's reason; TypeError for labels that no pause can name
 */
export async function whenClear(
  brake: Pick<Brake, 'look' | 'gate'>,
  news: News,
  labels: BrakeLabels,
  { strict, signal }: { strict: boolean; signal: AbortSignal | undefined },
): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    if (!brake.look(labels).paused && (!strict || (await passes(brake, labels)))) return;
    await nextNews(news, signal);
  }
}

async function passes(brake: Pick<Brake, 'gate'>, labels: BrakeLabels): Promise<boolean> {
  try {
    await brake.gate(labels);
    return true;
  } catch {
    return false; // it looks again
  }
}

function nextNews(news: News, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      takeBack();
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, LOOK_AGAIN_MS);
    const takeBack = news.once(wake);
    signal?.addEventListener('abort', wake, { once: true });
  });
}
