import { hold } from '@orchestra/example-acceptance';
import { pauseReceipt, type PauseReceipt } from '@orchestra/pause-core/contract';
import { AGENT_NAMES } from '../../agents.ts';
import { tasksOf } from '../queue-looks.ts';
import type { Stage } from '../stage.ts';

/** The operator pulls the brake for one agent, and is told truthfully that it has taken effect. */
export async function pauseSkeptic(stage: Stage): Promise<PauseReceipt> {
  await stage.keepBusy(AGENT_NAMES);
  await stage.waitFor(
    'skeptic has a task in hand',
    10_000,
    async () => (await tasksOf(stage.client, 'skeptic', 'running'))[0],
  );
  const receipt = pauseReceipt.parse(
    await stage.orchestra('senate', 'pause', 'agent', 'skeptic', '--reason', 'runaway loop', '--ttl', '30m'),
  );
  const { settled, ttl_seconds, reason, scope_kind, scope_value } = receipt;
  hold(settled === true, 'the pause has taken effect when the command answers', receipt);
  hold(
    `${scope_kind} ${scope_value} ${ttl_seconds} ${reason}` === 'agent skeptic 1800 runaway loop',
    'the pause is the one that was asked for',
    receipt,
  );
  stage.saw(
    `pause ${receipt.id} by ${receipt.paused_by}, settled; in flight ${receipt.in_flight_count}, waiting ` +
      `under it ${receipt.queued}`,
  );
  return receipt;
}
