import type { VNode } from 'preact';
import { confirmed, shownPauses } from '../../state/store.ts';
import { Changes } from './changes.tsx';
import { CriticalAlerts } from './critical-alerts.tsx';
import { Headline } from './headline.tsx';
import { LabelTable } from './label-table.tsx';
import { PauseTable } from './pause-table.tsx';
import { QueueStrip } from './queue-strip.tsx';

/** What is paused, how the queue stands, and what to pause if something has to be. */
export function NowView(): VNode {
  return (
    <>
      <section class={shownPauses.value.length > 0 ? 'banner some' : 'banner'} data-confirmed={confirmed.value}>
        <Headline />
        {shownPauses.value.length > 0 && <PauseTable />}
      </section>
      <QueueStrip />
      <LabelTable />
      <div class="beside">
        <CriticalAlerts />
        <Changes />
      </div>
    </>
  );
}
