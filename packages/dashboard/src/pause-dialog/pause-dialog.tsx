import type { PausePreview, StopView } from '@orchestra/pause-core/contract';
import { inOrder, isSameScope, scopeOf, scopeText } from '@orchestra/pause-core/scope';
import { useSignal } from '@preact/signals';
import type { TargetedSubmitEvent, VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Busy } from '../parts/reading-state.tsx';
import { StopThenField } from '../parts/act-dialog.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { pauseDialog, type AskedScope } from '../state/dialogs.ts';
import { go } from '../state/route.ts';
import { lastReceipt } from '../state/store.ts';
import { useChange } from '../state/use-change.ts';
import { pause } from '../wire/calls.ts';
import { BlastRadius } from './blast-radius.tsx';
import { DurationField, type Duration } from './duration-field.tsx';
import { ScopeField } from './scope-field.tsx';
import { ThenField, type Then } from './then-field.tsx';
import { TypedOut } from './typed-out.tsx';
import { ReasonField } from '../parts/reason-field.tsx';

const SETTLES_MS = 250;

/** Stops one scope: what, why and for how long are asked, and what it would hold is shown before it is done. */
export function PauseDialog({ asked }: { asked: AskedScope }): VNode {
  const scope = useSignal(asked);
  const settled = useSettled(scope.value);
  const reason = useSignal('');
  const duration = useSignal<Duration | null>(null);
  const then = useSignal<Then>('resume');
  const preview = useSignal<PausePreview | null>(null);
  const typed = useSignal('');
  const stop = useSignal<StopView['then'] | null>(null);
  const close = (): void => {
    pauseDialog.value = null;
  };
  const change = useChange(pause, (receipt) => {
    lastReceipt.value = receipt;
    close();
    go(`pauses/${receipt.id}`);
  });

  const { kind, value, also } = trimmed(scope.value);
  const named = { kind, value, also };
  const isFleet = kind === 'fleet';
  const expected = isFleet ? 'fleet' : also === undefined ? value : scopeText(named);
  const known = preview.value !== null && isSameScope(scopeOf(preview.value), named) ? preview.value : null;
  const broad = isFleet || (known?.broad ?? false);
  const ready =
    value !== '' &&
    reason.value.trim() !== '' &&
    duration.value !== null &&
    (!broad || typed.value.trim() === expected);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!ready || duration.value === null) return;
    const { seconds } = duration.value;
    change.start({
      scope_kind: kind,
      scope_value: value,
      ...(also === undefined ? {} : { also }),
      reason: reason.value.trim(),
      ttl_seconds: seconds,
      ...(stop.value === null ? {} : { stop_running: stop.value }),
      ...(seconds === null || then.value === 'resume' ? {} : { then: then.value }),
    });
  };

  return (
    <Dialog title="Pause" onClose={close} wide>
      <form class="pause-form" onSubmit={submit} autocomplete="off">
        <ScopeField
          scope={scope.value}
          onChange={(next) => {
            scope.value = next;
          }}
          focused={asked.value === ''}
        />
        <ReasonField
          label="Reason"
          reason={reason}
          hint="Visible to everyone. Saved in the history."
          required
          autofocus={asked.value !== ''}
        />
        <DurationField
          onChange={(next) => {
            duration.value = next;
          }}
        />
        {duration.value !== null && duration.value.seconds !== null && (
          <ThenField
            value={then.value}
            onChange={(next) => {
              then.value = next;
            }}
          />
        )}
        <BlastRadius
          key={scopeText(settled)}
          scope={settled}
          onKnown={(next) => {
            preview.value = next;
          }}
        />
        <label class="check">
          <input
            type="checkbox"
            name="stop"
            checked={stop.value !== null}
            onChange={(event) => {
              stop.value = event.currentTarget.checked ? 'requeue' : null;
            }}
          />{' '}
          Also stop what runs. Otherwise it goes on to its normal end.
        </label>
        {stop.value !== null && (
          <StopThenField
            value={stop.value}
            onChange={(next) => {
              stop.value = next;
            }}
          />
        )}
        {broad && (
          <TypedOut
            expected={expected}
            isFleet={isFleet}
            value={typed.value}
            onInput={(next) => {
              typed.value = next;
            }}
          />
        )}
        {change.trouble !== null && (
          <p class="line-trouble" role="alert">
            {change.trouble}
          </p>
        )}
        {change.slow && <Busy says="Waiting for claims that began before…" />}
        <div class="actions">
          <button type="submit" class="button primary" disabled={!ready || change.busy}>
            {value === '' ? 'Pause' : `Pause ${shortened(scopeText(named))}`}
          </button>
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          {!ready && (
            <span class="hint">
              {missing(scope.value, reason.value, duration.value, broad && typed.value.trim() !== expected)}
            </span>
          )}
        </div>
      </form>
    </Dialog>
  );
}

function missing(scope: AskedScope, reason: string, duration: Duration | null, untyped: boolean): string {
  const what = [
    scope.value.trim() === '' && 'target',
    reason.trim() === '' && 'reason',
    duration === null && 'duration',
    untyped && 'the name typed out',
  ].filter((part) => part !== false);
  return what.length === 0 ? '' : `Fill in: ${what.join(', ')}.`;
}

function shortened(name: string): string {
  const characters = [...name];
  return characters.length > 40 ? `${characters.slice(0, 39).join('')}…` : name;
}

/** Without blanks around labels, in the one form that a scope has. */
function trimmed({ kind, value, also = {} }: AskedScope): AskedScope {
  const others = Object.entries(also).flatMap(([one, label]) =>
    label === undefined || label.trim() === '' || one === kind ? [] : [[one, label.trim()]],
  );
  return value.trim() === ''
    ? { kind, value: '' }
    : inOrder({ kind, value: value.trim(), also: Object.fromEntries(others) });
}

/** The scope once nobody has typed for a moment. */
function useSettled(scope: AskedScope): AskedScope {
  const settled = useSignal(trimmed(scope));
  useEffect(() => {
    const timer = setTimeout(() => {
      settled.value = trimmed(scope);
    }, SETTLES_MS);
    return () => clearTimeout(timer);
  }, [scopeText(scope)]);
  return settled.value;
}
