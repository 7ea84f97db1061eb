import type { VerifyAnswer } from '@orchestra/pause-core/contract';
import { sayInstant } from './instant.ts';
import { loud } from './say-pause.ts';
import { table } from './table.ts';

/** Did anything start while it was paused? */
export function showVerified(answer: VerifyAnswer): string {
  const { violations, claims_checked: claims, from, to } = answer;
  return [
    violations.length === 0 ? 'nothing started while it was paused' : loud(`STARTED WHILE PAUSED: ${violations.length}${violations.length >= 200 ? ' or more' : ''}`),
    `looked at: ${claims} ${claims === 1 ? 'claim' : 'claims'}${from === null || to === null ? '' : `, from ${sayInstant(from)} to ${sayInstant(to)}`}`,
    ...(answer.claims_unknown === 0 ? [] : [`nothing can be said of ${answer.claims_unknown} from before their snapshots were kept`]),
    ...(answer.complete ? [] : ['there are more claims since then than were looked at; --limit looks at more']),
    ...(violations.length === 0 ? [] : [table(violations, [
      { head: 'TASK', cell: (violation) => violation.task_id },
      { head: 'RUN', cell: (violation) => violation.run_id },
      { head: 'WORKER', cell: (violation) => violation.worker },
      { head: 'CLAIMED', cell: (violation) => sayInstant(violation.claimed_at) },
      { head: 'PAUSE', cell: (violation) => violation.pause_id },
      { head: 'PAUSED', cell: (violation) => sayInstant(violation.paused_at) },
      { head: 'SCOPE', cell: (violation) => `${violation.scope_kind} ${violation.scope_value}` },
    ])]),
  ].join('\n');
}
