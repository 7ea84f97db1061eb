import type { PauseView, VerifyAnswer } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { Dialog } from '../../parts/dialog.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { ScopeName } from '../../parts/scope-name.tsx';
import { When } from '../../parts/when.tsx';
import { ONCE, useReading } from '../../state/use-reading.ts';
import { count, counted } from '../../text/count.ts';
import { verifySince } from '../../wire/calls.ts';

const LISTED_MAX = 20;

/** Did anything start under this pause? Judged by what each claim could see, and not by a clock. */
export function VerifyDialog({
  pause,
  since,
  onClose,
}: {
  pause: PauseView;
  since: string;
  onClose: () => void;
}): VNode {
  const reading = useReading(`verify ${pause.id}`, (abort) => verifySince(since, abort), ONCE);
  return (
    <Dialog
      title={
        <>
          Verify the pause of <ScopeName of={pause} />
        </>
      }
      onClose={onClose}
    >
      <ReadingState reading={reading} what="The claims" />
      {reading.value !== null && <Verdict pauseId={pause.id} found={reading.value} />}
      <div class="actions">
        <button type="button" class="button" onClick={reading.now}>
          Look again
        </button>
        <button type="button" class="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function Verdict({
  pauseId,
  found: { claims_checked: checked, claims_unknown: unknown, complete, from, violations, attached },
}: {
  pauseId: string;
  found: VerifyAnswer;
}): VNode {
  const mine = violations.filter((one) => one.pause_id === pauseId);
  const others = violations.length - mine.length;
  const missed = attached.flatMap((queue) => queue.violations.filter((one) => one.pause_id === pauseId));
  return (
    <div role="status">
      {mine.length + missed.length === 0 ? (
        <p>
          <b class="good-text">Nothing is known to have started under this pause.</b>
        </p>
      ) : (
        <p>
          <b class="bad-text">{counted(mine.length + missed.length, 'claim')} took what this pause covered.</b>
        </p>
      )}
      <p>
        {counted(checked, 'claim')} looked at
        {from !== null && (
          <>
            , since <When at={from} />
          </>
        )}
        {!complete && '; there are more, which were not looked at'}.{' '}
        {unknown > 0 && `${count(unknown)} of them cannot be judged; \`orchestra senate pauses --verify\` lists them.`}
      </p>
      <ul>
        {mine.slice(0, LISTED_MAX).map((one) => (
          <li key={`${one.task_id} ${one.claimed_at}`}>
            Task{' '}
            <Link to={`tasks/${one.task_id}`} class="mono">
              {one.task_id}
            </Link>{' '}
            by <Prose text={one.worker} />, <When at={one.claimed_at} />
          </li>
        ))}
        {missed.slice(0, LISTED_MAX).map((one) => (
          <li key={`${one.job} ${one.claimed_at}`}>
            Job <Prose text={one.job} />, <When at={one.claimed_at} />
          </li>
        ))}
      </ul>
      {others > 0 && <p class="bad-text">{counted(others, 'claim')} took what other pauses covered.</p>}
    </div>
  );
}
