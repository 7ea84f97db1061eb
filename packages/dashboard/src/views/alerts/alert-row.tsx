import type { AlertView } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { Details } from '../../parts/details.tsx';
import { Link } from '../../parts/link.tsx';
import { PauseButton } from '../../parts/pause-button.tsx';
import { Prose } from '../../parts/prose.tsx';
import { When } from '../../parts/when.tsx';
import { labelAt } from '../../state/place.ts';
import { may } from '../../state/store.ts';
import { useChange } from '../../state/use-change.ts';
import { acknowledge } from '../../wire/calls.ts';

const TONE: Record<string, string> = { critical: 'bad', high: 'warn' };

export function AlertRow({ alert, onChange }: { alert: AlertView; onChange: () => void }): VNode {
  const actor = alert.ref_id;
  return (
    <tr {...(actor === null ? {} : { 'data-scope-kind': 'actor', 'data-scope-value': actor })}>
      <td class="ticks" data-label="At">
        {alert.created_at === null ? '–' : <When at={alert.created_at} />}
      </td>
      <td data-label="Severity">
        <span class={`badge ${TONE[alert.severity] ?? 'plain'}`}>
          <Prose text={alert.severity} />
        </span>
      </td>
      <td data-label="Actor">
        {actor === null ? (
          '–'
        ) : (
          <Link to={labelAt('actor', actor)} class="mono">
            <Prose text={actor} />
          </Link>
        )}
      </td>
      <td data-label="Alert">
        <div>
          <Prose text={alert.kind ?? 'no kind given'} />
          <Details details={alert.details} />
          {alert.resolved_at !== null && (
            <span class="aside">
              over since <When at={alert.resolved_at} />
            </span>
          )}
        </div>
      </td>
      <td class="ticks" data-label="Triggered">
        {alert.fed === null ? '–' : <Link to={`pauses/${alert.fed}`}>pause {alert.fed}</Link>}
      </td>
      <td data-label="Acknowledged">
        <Acknowledged alert={alert} onChange={onChange} />
      </td>
      {may('pause') && <td class="row-action">{actor !== null && <PauseButton kind="actor" value={actor} />}</td>}
    </tr>
  );
}

function Acknowledged({ alert, onChange }: { alert: AlertView; onChange: () => void }): VNode {
  const change = useChange(acknowledge, onChange);
  if (alert.ack_at !== null)
    return (
      <span>
        <When at={alert.ack_at} /> by <Prose text={alert.ack_by ?? 'nobody known'} />
      </span>
    );
  if (!may('pause')) return <span class="aside">not yet</span>;
  return (
    <span>
      <button
        type="button"
        class="row-button"
        aria-label={`Acknowledge alert ${alert.id}`}
        disabled={change.busy}
        onClick={() => change.start(alert.id)}
      >
        {change.slow ? 'Acknowledging…' : 'Acknowledge'}
      </button>
      {change.trouble !== null && (
        <span class="line-trouble" role="alert">
          {change.trouble}
        </span>
      )}
    </span>
  );
}
