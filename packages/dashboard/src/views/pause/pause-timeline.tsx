import type { PausePage } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { Prose } from '../../parts/prose.tsx';
import { actionName } from '../../text/action-name.ts';
import { Timeline } from '../../parts/timeline.tsx';

/** What was done to the pause, by whom and why, from the audit. */
export function PauseTimeline({ timeline }: { timeline: PausePage['timeline'] }): VNode {
  return (
    <section aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      <Timeline
        label="Timeline"
        moments={timeline.map(({ at, by, what, why }, index) => ({
          key: `${at} ${index}`,
          at,
          says: (
            <>
              <b>{actionName(what)}</b> by <Prose text={by} />
              {why !== null && (
                <span class="aside">
                  {' '}
                  <Prose text={why} />
                </span>
              )}
            </>
          ),
        }))}
      />
    </section>
  );
}
