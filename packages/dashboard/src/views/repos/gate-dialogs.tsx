import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Prose } from '../../parts/prose.tsx';
import { useChange } from '../../state/use-change.ts';
import { freezeRepo, limitRepo } from '../../wire/calls.ts';
import { ReasonField } from '../../parts/reason-field.tsx';

interface GateDialogProps {
  onDone: () => void;
  onClose: () => void;
}

/**
 * Closes the gate of a repo.
 *
 * @param repo null: it is asked for
 */
export function FreezeDialog({ repo, onDone, onClose }: GateDialogProps & { repo: string | null }): VNode {
  const name = useSignal(repo ?? '');
  const reason = useSignal('');
  const isNew = useSignal(false);
  const change = useChange(freezeRepo, onDone);
  return (
    <FormDialog
      title={
        repo === null ? (
          'Freeze a repo'
        ) : (
          <>
            Freeze <Prose text={repo} />
          </>
        )
      }
      submit="Freeze it"
      isReady={name.value.trim() !== '' && reason.value.trim() !== ''}
      send={() => change.start(name.value.trim(), reason.value.trim(), isNew.value)}
      change={change}
      onClose={onClose}
    >
      <p>
        None of its tasks starts until it is thawed. What is running goes on to its end; what waits keeps its place.
      </p>
      {repo === null && (
        <>
          <label class="field">
            <span class="label">Repo</span>
            <input
              name="repo"
              class="mono"
              required
              autofocus
              spellcheck={false}
              value={name.value}
              onInput={(event) => {
                name.value = event.currentTarget.value;
              }}
            />
          </label>
          <label class="check">
            <input
              type="checkbox"
              name="new"
              checked={isNew.value}
              onChange={(event) => {
                isNew.value = event.currentTarget.checked;
              }}
            />{' '}
            also if no task has named it yet
          </label>
        </>
      )}
      <ReasonField
        label="Reason"
        reason={reason}
        hint="Shown to everyone who meets this gate."
        required
        autofocus={repo !== null}
      />
    </FormDialog>
  );
}

/** How many tasks of a repo may be in progress at a time. */
export function LimitDialog({ repo, max, onDone, onClose }: GateDialogProps & { repo: string; max: number }): VNode {
  const wanted = useSignal(max);
  const change = useChange(limitRepo, onDone);
  return (
    <FormDialog
      title={
        <>
          Limit of <Prose text={repo} />
        </>
      }
      submit="Set the limit"
      isReady={Number.isInteger(wanted.value) && wanted.value >= 1 && wanted.value <= 1_000}
      send={() => change.start(repo, wanted.value)}
      change={change}
      onClose={onClose}
    >
      <p>
        So many of its tasks may be in progress at a time. They start in their order all the same; where more are at
        work already, none is stopped.
      </p>
      <label class="field">
        <span class="label">At a time</span>
        <input
          name="max"
          type="number"
          min={1}
          max={1_000}
          step={1}
          required
          autofocus
          value={wanted.value}
          onInput={(event) => {
            wanted.value = event.currentTarget.valueAsNumber;
          }}
        />
      </label>
    </FormDialog>
  );
}
