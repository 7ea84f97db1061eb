import type { TaskView } from '@orchestra/task-queue/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { may } from '../../state/store.ts';
import { useChange } from '../../state/use-change.ts';
import { actOnTasks, answerTask, parkTask, resumeHeld, unparkTask } from '../../wire/calls.ts';
import { ActDialog, type ActName } from '../../parts/act-dialog.tsx';
import { WordsDialog } from '../../parts/words-dialog.tsx';

const LIVING = ['queued', 'running', 'held'];

/** What may be done about a task as it stands, by who may. */
export function TaskActions({ task, onChange }: { task: TaskView; onChange: () => void }): VNode | null {
  const open = useSignal<'park' | 'answer' | 'release' | ActName | null>(null);
  const unpark = useChange(unparkTask, onChange);
  const retry = useChange(actOnTasks, onChange);
  if (!may('pause') || task.status === 'succeeded') return null;
  const close = (): void => {
    open.value = null;
  };
  const done = (): void => {
    close();
    onChange();
  };
  const isLiving = LIVING.includes(task.status);
  const act = open.value === 'cancel' || open.value === 'move' || open.value === 'stop' ? open.value : null;
  const asks = task.questions !== null && task.answer === null;
  return (
    <div class="actions">
      {task.status === 'held' && task.held_evidence !== null && (
        <button
          type="button"
          class="button primary"
          onClick={() => {
            open.value = 'release';
          }}
        >
          Resume…
        </button>
      )}
      {!isLiving && (
        <button
          type="button"
          class="button primary"
          data-key="r"
          disabled={retry.busy}
          onClick={() => retry.start({ act: 'retry' }, [task.id], '')}
        >
          Retry
        </button>
      )}
      {asks && isLiving && (
        <button
          type="button"
          class="button primary"
          onClick={() => {
            open.value = 'answer';
          }}
        >
          Answer…
        </button>
      )}
      {isLiving &&
        (task.paused_at === null ? (
          <button
            type="button"
            class="button"
            data-key="k"
            onClick={() => {
              open.value = 'park';
            }}
          >
            Park…
          </button>
        ) : (
          <button
            type="button"
            class="button"
            data-key="k"
            disabled={unpark.busy}
            onClick={() => unpark.start(task.id)}
          >
            Unpark
          </button>
        ))}
      {isLiving && (
        <button
          type="button"
          class="button"
          data-key="m"
          onClick={() => {
            open.value = 'move';
          }}
        >
          Move…
        </button>
      )}
      {task.status === 'running' && (
        <button
          type="button"
          class="button"
          data-key="x"
          onClick={() => {
            open.value = 'stop';
          }}
        >
          Stop…
        </button>
      )}
      {(task.status === 'queued' || task.status === 'held') && (
        <button
          type="button"
          class="button"
          data-key="c"
          onClick={() => {
            open.value = 'cancel';
          }}
        >
          Cancel…
        </button>
      )}
      {unpark.trouble !== null && (
        <p class="line-trouble" role="alert">
          {unpark.trouble}
        </p>
      )}
      {retry.trouble !== null && (
        <p class="line-trouble" role="alert">
          {retry.trouble}
        </p>
      )}
      {act !== null && <ActDialog act={act} ids={[task.id]} priority={task.priority} onDone={done} onClose={close} />}
      {open.value === 'park' && (
        <WordsDialog
          title={`Park task ${task.id}`}
          says="No claim takes it, its place is kept, and its repo goes on without it. A run under way goes on."
          label="Reason"
          submit="Park it"
          make={(wanted, words) => parkTask(wanted, task.id, words)}
          onDone={done}
          onClose={close}
        />
      )}
      {open.value === 'release' && (
        <WordsDialog
          title={`Let task ${task.id} go on`}
          says="It goes back to its old place, with no attempt used. One that is parked stays parked, and one that a pause covers stays covered."
          label="What was repaired"
          submit="Resume"
          make={(wanted, words) => resumeHeld(wanted, task.id, words)}
          onDone={done}
          onClose={close}
        />
      )}
      {open.value === 'answer' && (
        <WordsDialog
          title={`Answer task ${task.id}`}
          says={task.questions ?? ''}
          label="Answer"
          submit="Answer"
          long
          make={(wanted, words) => answerTask(wanted, task.id, words)}
          onDone={done}
          onClose={close}
        />
      )}
    </div>
  );
}
