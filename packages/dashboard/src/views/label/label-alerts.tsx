import type { AlertView, LabelKind } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { Details } from '../../parts/details.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { When } from '../../parts/when.tsx';

const TONE: Record<string, string> = { critical: 'bad', high: 'warn' };

/** The latest alerts about this actor, or about tasks that carry this label. */
export function LabelAlerts({
  kind,
  value,
  alerts,
}: {
  kind: LabelKind;
  value: string;
  alerts: readonly AlertView[];
}): VNode {
  return (
    <section aria-labelledby="label-alerts">
      <h2 id="label-alerts">
        Alerts of the last day
        {kind === 'actor' && (
          <>
            {' '}
            <Link to={`alerts?${new URLSearchParams({ ref_id: value })}`} class="all">
              all alerts
            </Link>
          </>
        )}
      </h2>
      {alerts.length === 0 && <p class="aside">None.</p>}
      <ol class="entries">
        {alerts.map((alert) => (
          <li key={alert.id}>
            {alert.created_at === null ? <span class="at">–</span> : <When at={alert.created_at} />}
            <div>
              <span class={`badge ${TONE[alert.severity] ?? 'plain'}`}>
                <Prose text={alert.severity} />
              </span>{' '}
              <Prose text={alert.kind ?? 'no kind given'} />
              {alert.fed !== null && (
                <>
                  {' '}
                  <Link to={`pauses/${alert.fed}`}>fed pause {alert.fed}</Link>
                </>
              )}
              <Details details={alert.details} />
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
