import type { VNode } from 'preact';

/** The empty state: what to do when something has to stop. */
export function NothingPaused(): VNode {
  return (
    <div class="nothing">
      <p>To stop one agent, and nothing else:</p>
      <pre><code>{'orchestra senate pause agent <id> --reason "…" --ttl 30m'}</code></pre>
      <p class="aside">In place of <code>agent</code> also <code>skill</code>, <code>quest</code> or <code>actor</code>.</p>
    </div>
  );
}
