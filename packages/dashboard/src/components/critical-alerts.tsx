import type { AlertView } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { alertsTrouble, senate, serverMs, shownPauses } from '../store.ts';
import { localTime } from '../local-time.ts';
import { Prose } from './prose.tsx';

const DETAILS_MAX = 160;

/** The latest critical alerts: why an auto-pause came. */
export function CriticalAlerts(): VNode {
  const { alerts } = senate.value;
  return (
    <section aria-labelledby="alerts-title">
      <h2 id="alerts-title">Critical alerts</h2>
      {alertsTrouble.value !== null && <p class="aside">Earlier ones could not be read. {alertsTrouble.value}</p>}
      {alerts.length === 0 && alertsTrouble.value === null && <p class="aside">None.</p>}
      <ol class="entries alerts">{alerts.map((alert) => <Alert key={alert.id} alert={alert} />)}</ol>
    </section>
  );
}

function Alert({ alert }: { alert: AlertView }): VNode {
  const { created_at: at, ref_id: actor } = alert;
  const paused = shownPauses.value.some(({ view }) => view.scope_kind === 'actor' && view.scope_value === actor);
  return (
    <li>
      {at === null ? <span class="at">–</span> : <time class="at" dateTime={at} title={at}>{localTime(at, serverMs.value)}</time>}
      <div>
        {actor !== null && <span class="scope"><span class="kind">actor</span> <b><Prose text={actor} /></b></span>}{' '}
        <Prose text={alert.kind ?? 'no kind given'} />
        {' '}
        {paused && <span class="badge plain">paused</span>}
        <Details details={alert.details} />
      </div>
    </li>
  );
}

function Details({ details }: { details: unknown }): VNode | null {
  if (details === null || details === undefined) return null;
  const characters = [...JSON.stringify(details)];
  if (characters.length <= 2) return null; // {} or ""
  return <p class="details"><Prose text={characters.length > DETAILS_MAX ? `${characters.slice(0, DETAILS_MAX).join('')}…` : characters.join('')} /></p>;
}
