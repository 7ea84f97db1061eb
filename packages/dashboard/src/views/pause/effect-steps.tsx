import type { VNode } from 'preact';
import type { PausePage } from '@orchestra/pause-core/contract';
import { Prose } from '../../parts/prose.tsx';
import { When } from '../../parts/when.tsx';
import { UnknownLabel } from '../../parts/unknown-label.tsx';
import { lastReceipt } from '../../state/store.ts';
import { sayAttachedSettled } from '../../text/attached.ts';
import { counted } from '../../text/count.ts';

/** The answer to the question of the night: has it really stopped? Step by step, each done or not yet. */
export function EffectSteps({ page }: { page: PausePage }): VNode {
  const { pause } = page;
  const ended = pause.cleared_at !== null;
  const receipt = lastReceipt.value?.id === pause.id ? lastReceipt.value : null;
  return (
    <ol class="steps" aria-label="Has it taken effect?">
      <li class="done">
        <b>In effect</b>
        <When at={page.effective_at} />
        <span>no new task can start</span>
      </li>
      {!ended && (
        <li class={page.settled === true ? 'done' : 'open'}>
          <b>{page.settled === null ? 'Settled? Not known' : page.settled ? 'Settled' : 'Not settled'}</b>
          <span>{saySettled(page.settled)}</span>
        </li>
      )}
      {(receipt?.attached ?? []).map((attached) => {
        const { title, words } = sayAttachedSettled(attached);
        return (
          <li key={attached.name} class={attached.settled === true ? 'done' : 'open'}>
            <b>{title}</b>
            <span>
              <Prose text={words} />
            </span>
          </li>
        );
      })}
      <Gates page={page} />
      {receipt?.durable === 'replicated' && (
        <li class="done">
          <b>Replicated</b>
          <span>a standby has it too</span>
        </li>
      )}
      {receipt?.label_known === false && (
        <li class="open">
          <b>Not known</b>
          <span>
            <UnknownLabel near={receipt.near_labels} />
          </span>
        </li>
      )}
      {ended ? (
        <li class="done">
          <b>Ended</b>
          {pause.cleared_at !== null && <When at={pause.cleared_at} />}
        </li>
      ) : (
        <Drain page={page} />
      )}
    </ol>
  );
}

/** Gates hear of a pause by themselves, and say that they know it. */
function Gates({ page: { gates, pause } }: { page: PausePage }): VNode | null {
  if (gates === null || gates.connected === 0 || pause.cleared_at !== null) return null;
  const { connected, confirmed } = gates;
  const all = confirmed === connected;
  return (
    <li class={all ? 'done' : 'open'}>
      <b>{all ? 'At the gates' : 'Not at every gate'}</b>
      <span>
        {confirmed} of {counted(connected, 'turn gate')} connected {confirmed === 1 ? 'has' : 'have'} confirmed it
        {!all && (
          <>
            ; not yet: <Prose text={gates.unconfirmed.map(({ name }) => name).join(', ')} />
          </>
        )}
      </span>
    </li>
  );
}

function saySettled(settled: boolean | null): string {
  if (settled === null) return 'whether every claim that began before has ended could not be told';
  return settled
    ? 'every claim that began before has ended'
    : 'a claim that began before has not ended; what it takes is among the runs below';
}

function Drain({ page }: { page: PausePage }): VNode {
  const { pause, in_flight_count: running, admitted_before_count: before } = page;
  const quiet = 'quiet' in pause ? pause.quiet : pause.quiet_at !== null;
  if (quiet)
    return (
      <li class="done">
        <b>Quiet</b>
        {pause.quiet_at !== null && <When at={pause.quiet_at} />}
        <span>nothing it covers is running</span>
      </li>
    );
  const all = Math.max(before, running);
  const over = all - running;
  return (
    <li class="open">
      <b>{running === 0 ? 'Draining' : `Draining ${running}`}</b>
      <span>
        <progress max={Math.max(all, 1)} value={over} aria-label={`${over} of ${all} runs have ended`} /> {over} of{' '}
        {counted(all, 'run')} ended; the others go on to their normal end
      </span>
    </li>
  );
}
