import type { VNode } from 'preact';
import { askToPause } from '../../state/dialogs.ts';
import { shortDuration } from '../../text/duration.ts';
import { Prose } from '../../parts/prose.tsx';
import { confirmed, desk, drainingCount, may, shownPauses } from '../../state/store.ts';

/** When the brake was last proved by the self-test; loud where it could not be. */
function Proved(): VNode | null {
  const proof = desk.value?.brake_proof ?? null;
  if (proof === null) return null;
  const last =
    proof.last_proven_seconds === null
      ? 'never proved yet'
      : `last proved ${shortDuration(proof.last_proven_seconds * 1_000)} ago`;
  if (proof.failure !== null)
    return (
      <p class="line-trouble" role="alert">
        The self-test of the brake failed: <Prose text={proof.failure} />. Brake {last}.
      </p>
    );
  if (proof.overdue)
    return (
      <p class="line-trouble" role="alert">
        The self-test of the brake is overdue. Brake {last}.
      </p>
    );
  return <p class="proved aside">Brake {last}.</p>;
}

/** The page in one sentence; in the past tense while it is not known to be true now. */
export function Headline(): VNode {
  const total = shownPauses.value.length;
  return (
    <div class="headline">
      <div>
        <h1>{total === 0 ? nothing() : confirmed.value ? active(total, 'is', 'are') : active(total, 'was', 'were')}</h1>
        <Proved />
        <p>{total === 0 ? <Nothing /> : effect(total, drainingCount.value)}</p>
      </div>
      {may('pause') && (
        <button type="button" class="button primary" aria-keyshortcuts="p" onClick={() => askToPause()}>
          Pause…<kbd>p</kbd>
        </button>
      )}
    </div>
  );
}

/** The empty state: what to do when something has to stop. */
function Nothing(): VNode {
  if (may('pause'))
    return (
      <>
        To stop one agent, skill, quest or actor, and nothing else: press <kbd>p</kbd>, or Pause in its row below.
      </>
    );
  return (
    <>
      To stop one agent, skill, quest or actor takes an operator, or <code>orchestra senate pause</code> with an
      operator’s token.
    </>
  );
}

function nothing(): string {
  return confirmed.value ? 'Nothing is paused.' : 'Nothing was paused.';
}

function active(count: number, one: string, several: string): string {
  return count === 1 ? `1 pause ${one} active` : `${count} pauses ${several} active`;
}

function effect(count: number, draining: number): string {
  if (draining === 0) return `Quiet: nothing that ${count === 1 ? 'it covers' : 'they cover'} is running.`;
  if (draining === count) return 'Draining: what was already running goes on to its normal end.';
  return `${draining} of ${count} draining: what was already running goes on to its normal end.`;
}
