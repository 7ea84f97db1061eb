import type { ComponentChildren, VNode } from 'preact';
import { When } from './when.tsx';

export interface Moment {
  key: string;
  at: string;
  says: ComponentChildren;
}

/** What happened, in order, each with its instant. */
export function Timeline({ moments, label }: { moments: readonly Moment[]; label: string }): VNode {
  return (
    <ol class="entries" aria-label={label}>
      {moments.map(({ key, at, says }) => (
        <li key={key}>
          <When at={at} />
          <div>{says}</div>
        </li>
      ))}
    </ol>
  );
}
