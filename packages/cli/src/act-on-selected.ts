import type { ActAnswer, ActPreview } from '@orchestra/task-queue/contract';
import { confirmTyped } from './confirm-typed.ts';
import type { Desk, TaskAct } from './desk/desk.ts';

/** How an act is told of. */
export interface ActWords {
  /** `cancel` */
  verb: string;
  /** `cancelled` */
  done: string;
}

export interface ActRequest {
  desk: Desk;
  /** Of many ids several, each of which takes as many as one call may name. */
  calls: readonly TaskAct[];
  words: ActWords;
  /** Whether the person has agreed beforehand. */
  yes: boolean;
  /** For the person at the keyboard. */
  talk: (text: string) => void;
}

export type Acted = Omit<ActAnswer, 'next_cursor'>;

// 10 million tasks. A filter finds nothing that was added after its first call, so this is never reached.
const CALLS_MAX = 20_000;

/**
 * Does it to all tasks that were selected, call by call, and says how far it is. What is broad is first told and has to
 * be typed out.
 *
 * @throws CommandFailure `not_confirmed`; `wrong_usage` where it is broad, nobody can be asked, and --yes was not given
 */
export async function actOnSelected(order: ActRequest): Promise<Acted> {
  await confirm(order);
  const acted: Acted = { changed: 0, changed_ids: [], passed_over: [] };
  for (const what of order.calls) {
    let cursor: string | null | undefined;
    for (let call = 0; call < CALLS_MAX && cursor !== null; call++) {
      const answer = await order.desk.actOnTasks(cursor === undefined ? what : at(what, cursor));
      acted.changed += answer.changed;
      acted.changed_ids.push(...answer.changed_ids);
      acted.passed_over.push(...answer.passed_over);
      cursor = answer.next_cursor;
      if (cursor !== null) order.talk(`${acted.changed} ${order.words.done}, going on`);
    }
  }
  return acted;
}

/** What it would do, of all that was selected. */
export async function previewSelected(desk: Desk, calls: readonly TaskAct[]): Promise<ActPreview> {
  const previews: ActPreview[] = [];
  for (const what of calls) previews.push(await desk.previewAct(what));
  const [first, ...others] = previews;
  if (first === undefined) throw new Error('there is always one call');
  return others.reduce(
    (sum, next) => ({
      ...sum,
      count: sum.count + next.count,
      more: sum.more || next.more,
      broad: sum.broad || next.broad || sum.count + next.count >= BROAD_FROM,
      passed_over: [...sum.passed_over, ...next.passed_over],
    }),
    first,
  );
}

const BROAD_FROM = 20;

async function confirm({ desk, calls, words, yes, talk }: ActRequest): Promise<void> {
  if (yes || calls.every(({ request: { ids } }) => ids !== undefined && ids.length < BROAD_FROM)) return;
  const preview = await previewSelected(desk, calls);
  if (!preview.broad) return;
  await confirmTyped({
    would: `${words.verb} ${preview.count}${preview.more ? ' or more' : ''} tasks`,
    which: `, of which the first are ${preview.first_ids.join(', ')}`,
    expected: `${words.verb} ${preview.count}`,
    talk,
  });
}

function at(what: TaskAct, cursor: string): TaskAct {
  switch (what.act) {
    case 'cancel':
      return { act: 'cancel', request: { ...what.request, cursor } };
    case 'retry':
      return { act: 'retry', request: { ...what.request, cursor } };
    case 'move':
      return { act: 'move', request: { ...what.request, cursor } };
  }
}
