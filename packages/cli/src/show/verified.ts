import type { VerifyAnswer } from '@orchestra/pause-core/contract';
import { showAttachedVerified } from './attached.ts';
import { sayInstant } from './instant.ts';
import { loud, sayScope } from './say-pause.ts';
import { table } from './table.ts';

const WHY_UNKNOWN: Record<VerifyAnswer['unknown'][number]['why'], string> = {
  no_snapshot: 'it kept no snapshot',
  other_cluster: 'it or a pause comes from another cluster (a restore or an upgrade)',
};

/** Did anything start while it was paused? */
export function showVerified(answer: VerifyAnswer): string {
  const startedThere = answer.attached.reduce((sum, { violations: there }) => sum + there.length, 0);
  const { violations, unknown, claims_checked: claims, claims_unknown: unjudged, from, to } = answer;
  return [
    violations.length === 0 && startedThere === 0
      ? `nothing started while it was paused${unjudged === 0 ? '' : ', as far as that can be told'}`
      : loud(`STARTED WHILE PAUSED: ${violations.length + startedThere}${violations.length >= 200 ? ' or more' : ''}`),
    `looked at: ${claims} ${claims === 1 ? 'claim' : 'claims'}${from === null || to === null ? '' : `, from ${sayInstant(from)} to ${sayInstant(to)}`}`,
    ...(unjudged === 0
      ? []
      : [
          `not judged: ${unjudged}${unjudged > unknown.length && unknown.length > 0 ? `, of which the first ${unknown.length} are listed` : ''}`,
        ]),
    ...(answer.complete ? [] : ['there are more claims since then than were looked at; --limit looks at more']),
    ...showAttachedVerified(answer.attached),
    ...(violations.length === 0
      ? []
      : [
          table(violations, [
            { head: 'TASK', cell: (violation) => violation.task_id, whole: true },
            { head: 'RUN', cell: (violation) => violation.run_id, whole: true },
            { head: 'WORKER', cell: (violation) => violation.worker },
            { head: 'CLAIMED', cell: (violation) => sayInstant(violation.claimed_at) },
            { head: 'PAUSE', cell: (violation) => violation.pause_id, whole: true },
            { head: 'PAUSED', cell: (violation) => sayInstant(violation.paused_at) },
            { head: 'SCOPE', cell: sayScope },
          ]),
        ]),
    ...(unknown.length === 0
      ? []
      : [
          table(unknown, [
            { head: 'TASK', cell: (claim) => claim.task_id, whole: true },
            { head: 'RUN', cell: (claim) => claim.run_id ?? '', whole: true },
            { head: 'WORKER', cell: (claim) => claim.worker },
            { head: 'CLAIMED', cell: (claim) => sayInstant(claim.claimed_at) },
            { head: 'NOT JUDGED BECAUSE', cell: (claim) => WHY_UNKNOWN[claim.why] },
          ]),
        ]),
  ].join('\n');
}
