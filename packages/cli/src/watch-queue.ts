import type { ActivePauseView } from '@orchestra/pause-core/contract';
import type { QueueView } from '@orchestra/task-queue/contract';
import { atDesk } from './desk/at-desk.ts';
import { lookAgain } from './desk/look-again.ts';
import { sayInstant } from './show/instant.ts';
import { showPauses } from './show/pauses.ts';
import { showQueue } from './show/queue.ts';
import { Screen } from './show/screen.ts';
import { printableJson, visibleText } from './show/visible-text.ts';
import { whileWanted } from './while-wanted.ts';

export interface WatchQueueOptions {
  direct: boolean;
  json: boolean;
  talk: (line: string) => void;
}

const PAUSES_NAMED_MAX = 5;

interface Seen {
  queue: QueueView;
  pauses: ActivePauseView[];
}

/** Shows the queue and what is paused, again at each change, until told to stop. What cannot be read once is read again. */
export async function watchQueue({ direct, json, talk }: WatchQueueOptions): Promise<void> {
  const screen = !json && process.stdout.isTTY ? new Screen() : undefined;
  const tell = screen === undefined ? lineTeller(json) : (seen: Seen) => screen.draw(picture(seen));
  let wasRead = false;
  let trouble: string | undefined;
  try {
    await whileWanted((signal) => atDesk(direct, (desk) => lookAgain(desk.events, signal, async () => {
      try {
        const [queue, pauses] = await Promise.all([desk.queue(), desk.pauses()]);
        wasRead = true;
        trouble = undefined;
        tell({ queue, pauses });
      } catch (error) {
        // What never worked is told at once; what worked before may work again.
        if (!wasRead) throw error;
        const message = error instanceof Error ? error.message : String(error);
        if (message !== trouble) (screen === undefined ? talk : (line: string) => screen.draw(visibleText(line)))(`${message}; trying again`);
        trouble = message;
      }
      return 'go on';
    })));
  } finally {
    screen?.close();
  }
}

function picture({ queue, pauses }: Seen): string {
  return [`Orchestra at ${sayInstant(new Date().toISOString())}; Ctrl-C ends this`, '', showQueue(queue), '', showPauses(pauses)].join('\n');
}

/** A line for each change; that a reaper made its round is none. */
function lineTeller(json: boolean): (seen: Seen) => void {
  let last = '';
  return ({ queue, pauses }) => {
    const now = json ? printableJson({ ...queue, reaper: { ...queue.reaper, last_tick_at: null } }) : sayInOneLine(queue, pauses);
    if (now === last) return;
    last = now;
    process.stdout.write(json ? `${printableJson(queue)}\n` : `${sayInstant(new Date().toISOString())}  ${now}\n`);
  };
}

function sayInOneLine({ counts }: QueueView, pauses: readonly ActivePauseView[]): string {
  const named = pauses.slice(0, PAUSES_NAMED_MAX).map((pause) => visibleText(`${pause.scope_kind} ${pause.scope_value}`));
  const paused = pauses.length === 0 ? 'nothing paused' : `paused: ${named.join(', ')}${pauses.length > named.length ? ` and ${pauses.length - named.length} more` : ''}`;
  return [...Object.entries(counts).map(([status, count]) => `${status} ${count}`), paused].join('  ');
}
