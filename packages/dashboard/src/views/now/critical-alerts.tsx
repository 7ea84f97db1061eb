import type { AlertView } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { alertsTrouble, senate, shownPauses } from '../../state/store.ts';
import { Details } from '../../parts/details.tsx';
import { LabelLink } from '../../parts/label-link.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { When } from '../../parts/when.tsx';

/** The latest critical alerts: why an auto-pause came. */
export function CriticalAlerts(): VNode {
  const { alerts } = senate.value;
  return (
    <section aria-labelledby="alerts-title">
      <h2 id="alerts-title">
        Critical alerts{' '}
        <Link to="alerts" class="all">
          all alerts
        </Link>
      </h2>
      {alertsTrouble.value !== null && <p class="aside">Earlier ones could not be read. {alertsTrouble.value}</p>}
      {alerts.length === 0 && alertsTrouble.value === null && <p class="aside">None.</p>}
      <ol class="entries alerts">
        {alerts.map((alert) => (
          <Alert key={alert.id} alert={alert} />
        ))}
      </ol>
    </section>
  );
}

function Alert({ alert }: { alert: AlertView }): VNode {
  const { created_at: at, ref_id: actor } = alert;
  const paused = shownPauses.value.some(
    ({ view }) =>
      view.scope_kind === 'fleet' || (view.scope_kind === 'actor' && view.scope_value === actor && view.also === null),
  );
  return (
    <li>
      {at === null ? <span class="at">–</span> : <When at={at} />}
      <div>
        {actor !== null && <LabelLink kind="actor" value={actor} />} <Prose text={alert.kind ?? 'no kind given'} />{' '}
        {paused && <span class="badge plain">paused</span>}
        <Details details={alert.details} />
      </div>
    </li>
  );
}
