import type { ComponentChildren, VNode } from 'preact';

/** Nothing to show: says so, and what to do about it. */
export function Empty({ says, children }: { says: string; children?: ComponentChildren }): VNode {
  return (
    <div class="nothing">
      <p>
        <strong>{says}</strong>
      </p>
      {children}
    </div>
  );
}
