import { execFileSync } from 'node:child_process';
import { readProcessTable } from './process-table.ts';
import type { ProcessTree } from './process-tree.ts';

const FIRST_LOOK_MS = 50;
const LOOK_EVERY_MS = 500;
const USUAL_PAGE_BYTES = 4_096;

/** What one command is seen to take. */
export interface MemoryWatch {
  /**
   * The most that its processes held together at any look; null: it was never seen. Pages that they share count for
   * each.
   */
  readonly peakBytes: number | null;
  stop(): void;
}

interface Watched {
  tree: ProcessTree;
  peakPages: number;
}

const watched = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;
let pageBytes: number | undefined;

/**
 * Watches the memory of a command, and remembers its processes: one that loses its parent later is known by then.
 * However many commands run, the process table is read once for all of them, twice a second.
 */
export function watchMemory(tree: ProcessTree): MemoryWatch {
  const mine: Watched = { tree, peakPages: 0 };
  watched.add(mine);
  const first = setTimeout(look, FIRST_LOOK_MS).unref();
  timer ??= setInterval(look, LOOK_EVERY_MS).unref();
  return {
    get peakBytes() {
      return mine.peakPages === 0 ? null : mine.peakPages * (pageBytes ??= askPageBytes());
    },
    stop: () => {
      clearTimeout(first);
      watched.delete(mine);
      if (watched.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

function look(): void {
  const table = readProcessTable();
  for (const one of watched) {
    const pages = one.tree
      .members(table, { thorough: false })
      .reduce((sum, { residentPages }) => sum + residentPages, 0);
    one.peakPages = Math.max(one.peakPages, pages);
  }
}

function askPageBytes(): number {
  try {
    return Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8', timeout: 1_000 })) || USUAL_PAGE_BYTES;
  } catch {
    return USUAL_PAGE_BYTES;
  }
}
