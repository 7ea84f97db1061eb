import type { RepoGateView } from '@orchestra/task-queue/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { Count } from '../../parts/count.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { When } from '../../parts/when.tsx';
import { tasksAt } from '../../state/place.ts';
import { may } from '../../state/store.ts';
import { useChange } from '../../state/use-change.ts';
import { thawRepo } from '../../wire/calls.ts';
import { FreezeDialog, LimitDialog } from './gate-dialogs.tsx';

const HOLDERS_SHOWN_MAX = 3;

/** One repo: who is at work in it, who is first in line, and what that one waits for. */
export function RepoRow({ gate, onChange }: { gate: RepoGateView; onChange: () => void }): VNode {
  const { repo, frozen, head, holders } = gate;
  return (
    <tr>
      <th scope="row">
        <Link to={tasksAt({ repo })} class="mono">
          <Prose text={repo} />
        </Link>
        {!gate.gated && (
          <>
            {' '}
            <span class="badge plain">no gate</span>
          </>
        )}
        {frozen !== null && (
          <div class="aside">
            <span class="badge warn">frozen</span> by <Prose text={frozen.by} /> since <When at={frozen.at} />:{' '}
            <Prose text={frozen.reason} />
          </div>
        )}
      </th>
      <td data-label="In progress">
        <div>
          {gate.in_progress} of {gate.max_in_progress}
          {holders.slice(0, HOLDERS_SHOWN_MAX).map((holder) => (
            <div key={holder.task_id} class="aside">
              <Link to={`tasks/${holder.task_id}`} class="mono">
                {holder.task_id}
              </Link>{' '}
              {holder.status === 'queued' ? 'between two stages' : holder.status}
              {holder.worker !== null && (
                <>
                  {' '}
                  by <Prose text={holder.worker} />
                </>
              )}
              {holder.since !== null && (
                <>
                  , since <When at={holder.since} />
                </>
              )}
            </div>
          ))}
          {holders.length > HOLDERS_SHOWN_MAX && (
            <div class="aside">and {gate.in_progress - HOLDERS_SHOWN_MAX} more</div>
          )}
        </div>
      </td>
      <td data-label="First in line">
        {head === null ? (
          '–'
        ) : (
          <span>
            <Link to={`tasks/${head.task_id}`} class="mono">
              {head.task_id}
            </Link>{' '}
            <WaitsFor head={head} />
          </span>
        )}
      </td>
      <td class="number" data-label="Waiting">
        <Count value={gate.waiting} to={tasksAt({ repo, status: 'queued', parked: false })} of="tasks waiting" />
      </td>
      <td class="number" data-label="Parked">
        <Count value={gate.parked_count} to={tasksAt({ repo, parked: true })} of="tasks parked" />
      </td>
      {may('pause') && (
        <td class="row-action">
          <GateActions gate={gate} onChange={onChange} />
        </td>
      )}
    </tr>
  );
}

const WAITS: Record<NonNullable<RepoGateView['head']>['waiting_for'], string> = {
  worker: 'waits for a worker',
  gate: 'waits at the gate',
  pause: 'is held',
  retry: 'waits for its next attempt',
};

function WaitsFor({ head }: { head: NonNullable<RepoGateView['head']> }): VNode {
  return (
    <>
      {WAITS[head.waiting_for]}
      {head.pause_id !== null && (
        <>
          {head.waiting_for === 'pause' ? ' by ' : ', and is held by '}
          <Link to={`pauses/${head.pause_id}`} class="badge warn">
            pause {head.pause_id}
          </Link>
        </>
      )}
    </>
  );
}

function GateActions({
  gate: { repo, frozen, max_in_progress: max },
  onChange,
}: {
  gate: RepoGateView;
  onChange: () => void;
}): VNode {
  const open = useSignal<'freeze' | 'limit' | null>(null);
  const thaw = useChange(thawRepo, onChange);
  const close = (): void => {
    open.value = null;
  };
  const done = (): void => {
    close();
    onChange();
  };
  return (
    <>
      {frozen === null ? (
        <button
          type="button"
          class="row-button"
          data-key="f"
          aria-label={`Freeze ${repo}`}
          onClick={() => {
            open.value = 'freeze';
          }}
        >
          Freeze
        </button>
      ) : (
        <button
          type="button"
          class="row-button"
          data-key="f"
          aria-label={`Thaw ${repo}`}
          disabled={thaw.busy}
          onClick={() => thaw.start(repo)}
        >
          Thaw
        </button>
      )}{' '}
      <button
        type="button"
        class="row-button"
        data-key="l"
        aria-label={`Limit ${repo}`}
        onClick={() => {
          open.value = 'limit';
        }}
      >
        Limit
      </button>
      {thaw.trouble !== null && (
        <p class="line-trouble" role="alert">
          {thaw.trouble}
        </p>
      )}
      {open.value === 'freeze' && <FreezeDialog repo={repo} onDone={done} onClose={close} />}
      {open.value === 'limit' && <LimitDialog repo={repo} max={max} onDone={done} onClose={close} />}
    </>
  );
}
