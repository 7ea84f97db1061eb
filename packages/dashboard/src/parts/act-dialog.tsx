import type { StopView } from '@orchestra/pause-core/contract';
import type { ActAnswer } from '@orchestra/task-queue/contract';
import { useSignal } from '@preact/signals';
import type { TargetedSubmitEvent, VNode } from 'preact';
import { useChange } from '../state/use-change.ts';
import { counted } from '../text/count.ts';
import { actOnTasks, stopRuns, type TaskAct } from '../wire/calls.ts';
import { Dialog } from './dialog.tsx';
import { Prose } from './prose.tsx';
import { Busy } from './reading-state.tsx';
import { StopProgress } from './stop-progress.tsx';
import { ReasonField } from './reason-field.tsx';

export type ActName = TaskAct['act'] | 'stop';

const WORDS: Record<ActName, { title: string; says: string; submit: string }> = {
  cancel: {
    title: 'Cancel',
    says: 'What waits or is held is done no more. What runs is passed over: stop it.',
    submit: 'Cancel them',
  },
  retry: {
    title: 'Retry',
    says:
      'What failed or was cancelled goes back to its old place, with all its attempts and the cursor of ' +
      'its last run.',
    submit: 'Retry them',
  },
  move: {
    title: 'Move',
    says: 'A smaller priority goes first. What runs comes back with it, should it come back.',
    submit: 'Move them',
  },
  stop: {
    title: 'Stop',
    says:
      'Their workers are told within two seconds. What a worker has not ended within ten seconds is taken ' +
      'away from it, and may still be at work.',
    submit: 'Stop them',
  },
};
// So many at a time are typed out.
const BROAD_FROM = 20;

interface ActDialogProps {
  act: ActName;
  ids: readonly string[];
  /** Stops all that this pause covers, in place of the runs of `ids`. */
  pauseId?: string;
  /** The one that stands in the field at first. */
  priority?: number;
  onDone: () => void;
  onClose: () => void;
}

/** Asks what a person has to say before something is done to tasks, and tells what came of it where that is not all. */
export function ActDialog({ act, ids, pauseId, priority = 0, onDone, onClose }: ActDialogProps): VNode {
  const reason = useSignal('');
  const typed = useSignal('');
  const wantedPriority = useSignal(String(priority));
  const then = useSignal<StopView['then']>('requeue');
  const left = useSignal<ActAnswer['passed_over']>([]);
  const ordered = useSignal<StopView | null>(null);
  const change = useChange(actOnTasks, (answer) => {
    if (answer.passed_over.length === 0) onDone();
    else left.value = answer.passed_over;
  });
  const stopping = useChange(stopRuns, (stop) => {
    ordered.value = stop;
  });
  const words = WORDS[act];
  const what =
    pauseId !== undefined
      ? `what runs under pause ${pauseId}`
      : ids.length === 1
        ? `task ${ids[0]}`
        : counted(ids.length, 'task');
  const expected = `${act} ${ids.length}`;
  const isBroad = ids.length >= BROAD_FROM;
  const isReady =
    (!isBroad || typed.value.trim() === expected) &&
    (act !== 'stop' || reason.value.trim() !== '') &&
    (act !== 'move' || /^-?\d{1,5}$/.test(wantedPriority.value.trim()));
  const send = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!isReady) return;
    if (act === 'stop')
      stopping.start(pauseId === undefined ? { ids } : { pause_id: pauseId }, reason.value.trim(), then.value);
    else
      change.start(
        act === 'move' ? { act, priority: Number(wantedPriority.value) } : { act },
        ids,
        reason.value.trim(),
      );
  };
  const trouble = change.trouble ?? stopping.trouble;
  if (ordered.value !== null) {
    return (
      <Dialog title={`Stop ${what}`} onClose={onDone}>
        <StopProgress ordered={ordered.value} />
        <div class="actions">
          <button type="button" class="button" onClick={onDone}>
            Close
          </button>
        </div>
      </Dialog>
    );
  }
  if (left.value.length > 0) {
    return (
      <Dialog title={`${words.title} ${what}`} onClose={onDone}>
        <p>
          {left.value.length === ids.length
            ? 'Nothing was changed.'
            : `${counted(ids.length - left.value.length, 'task')} changed. The others were passed over:`}
        </p>
        <ul role="alert">
          {left.value.slice(0, BROAD_FROM).map(({ id, says }) => (
            <li key={id}>
              <Prose text={says} />
            </li>
          ))}
        </ul>
        <div class="actions">
          <button type="button" class="button" onClick={onDone}>
            Close
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={`${words.title} ${what}`} onClose={onClose}>
      <form onSubmit={send} autocomplete="off">
        <p class="prose">{words.says}</p>
        {act === 'move' && (
          <label class="field">
            <span class="label">Priority</span>
            <input
              name="priority"
              inputMode="numeric"
              required
              autofocus
              value={wantedPriority.value}
              onInput={(event) => {
                wantedPriority.value = event.currentTarget.value;
              }}
            />
          </label>
        )}
        {act === 'stop' && (
          <StopThenField
            value={then.value}
            onChange={(next) => {
              then.value = next;
            }}
          />
        )}
        <ReasonField
          label={act === 'stop' ? 'Reason' : 'Reason (for the history)'}
          reason={reason}
          required={act === 'stop'}
          autofocus={act !== 'move'}
        />
        {isBroad && (
          <label class="field broad">
            <span class="label">
              These are many. Type <b class="mono">{expected}</b> to go on.
            </span>
            <input
              name="typed"
              class="mono"
              spellcheck={false}
              required
              value={typed.value}
              onInput={(event) => {
                typed.value = event.currentTarget.value;
              }}
            />
          </label>
        )}
        {trouble !== null && (
          <p class="line-trouble" role="alert">
            {trouble}
          </p>
        )}
        {(change.slow || stopping.slow) && <Busy says="Waiting for the service…" />}
        <div class="actions">
          <button type="submit" class="button primary" disabled={!isReady || change.busy || stopping.busy}>
            {ids.length === 1 ? words.submit.replace('them', 'it') : words.submit}
          </button>
          <button type="button" class="button" onClick={onClose}>
            {act === 'cancel' ? 'Leave it' : 'Cancel'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What becomes of tasks whose runs are stopped. */
export function StopThenField({
  value,
  onChange,
}: {
  value: StopView['then'];
  onChange: (next: StopView['then']) => void;
}): VNode {
  return (
    <fieldset class="choices then">
      <legend class="label">The tasks</legend>
      <label>
        <input type="radio" name="stop-then" checked={value === 'requeue'} onChange={() => onChange('requeue')} />
        <span>go back to the queue</span>
      </label>
      <label>
        <input type="radio" name="stop-then" checked={value === 'cancel'} onChange={() => onChange('cancel')} />
        <span>are cancelled</span>
      </label>
      <span class="hint">
        {value === 'requeue'
          ? 'In their old places, with their cursors and no attempt used.'
          : 'They can be brought back by a retry.'}
      </span>
    </fieldset>
  );
}
