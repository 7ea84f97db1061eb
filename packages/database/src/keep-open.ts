import type pg from 'pg';

const RETRY_MS = 1_000;

/**
 * Keeps so many connections of a pool open from now on, so that they are there when the server gives out no more. One
 * that is lost is made again, tried again every second.
 */
export function keepOpen(pool: pg.Pool, count: number): void {
  let retry: NodeJS.Timeout | undefined;
  let filling = false;

  async function fill(): Promise<void> {
    if (filling) return;
    filling = true;
    try {
      const lacking = Math.max(0, count - pool.totalCount);
      // All at once: one after the other would be one and the same.
      const opened = pool.ending
        ? []
        : await Promise.allSettled(Array.from({ length: lacking + pool.idleCount }, () => pool.connect()));
      for (const one of opened) if (one.status === 'fulfilled') one.value.release();
    } finally {
      filling = false;
    }
    if (pool.totalCount < count) soon();
  }

  function soon(): void {
    if (pool.ending) return;
    clearTimeout(retry);
    retry = setTimeout(() => void fill(), RETRY_MS).unref();
  }

  // Not at once: a server that ends every connection would be asked for new ones without a pause.
  pool.on('remove', soon);
  void fill();
}
