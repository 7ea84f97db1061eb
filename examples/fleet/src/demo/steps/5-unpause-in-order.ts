import { hold } from '@orchestra/example-acceptance';
import { unpauseAnswer, type PauseReceipt } from '@orchestra/pause-core/contract';
import { claimsOf, tasksOf } from '../queue-looks.ts';
import type { Stage } from '../stage.ts';

const CLAIMS_WANTED = 5;

/** The brake is let go: what waited goes on at once, long before the times it was put off to, and in its old order. */
export async function unpauseInOrder(stage: Stage, pause: PauseReceipt): Promise<void> {
  const before = await claimsOf(stage.client, 'skeptic');
  const waiting = (await tasksOf(stage.client, 'skeptic', 'queued')).slice(0, CLAIMS_WANTED);
  hold(waiting.length === CLAIMS_WANTED, 'enough of skeptic is waiting', waiting.length);
  stage.saw(
    `first in skeptic's queue: ${waiting.map(({ id }) => id).join(', ')}; task ${waiting[0]?.id} was put ` +
      `off until ${waiting[0]?.next_eligible_at}`,
  );

  const { cleared, still_paused: left } = unpauseAnswer.parse(
    await stage.orchestra('senate', 'unpause', 'agent', 'skeptic'),
  );
  hold(
    cleared.length === 1 && cleared[0]?.id === pause.id && left.length === 0,
    'the pause is cleared, and there is no other',
    { cleared, left },
  );

  const claims = await stage.waitFor(`skeptic claims ${CLAIMS_WANTED} tasks`, 20_000, async () => {
    const all = await claimsOf(stage.client, 'skeptic');
    return all.length >= before.length + CLAIMS_WANTED
      ? all.slice(before.length, before.length + CLAIMS_WANTED)
      : undefined;
  });
  const order = claims.map((claim) => claim.task_id);
  hold(order.join() === waiting.map(({ id }) => id).join(), 'the tasks are claimed in their order in the queue', {
    order,
    waiting: waiting.map(({ id }) => id),
  });
  const waitedMs = Date.parse(claims[0]?.at ?? '') - Date.parse(cleared[0].cleared_at ?? '');
  stage.saw(`claimed since, in this order: ${order.join(', ')}; the first ${waitedMs} ms after the pause ended`);
}
