import type { PauseView } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { Prose } from './prose.tsx';

const SOURCE = { person: 'person', machine: 'automatic', sql: 'written by SQL' } as const;

/** Who made the pause, and whether it was a person, a rule, or a row that came by no command. */
export function Author({ view }: { view: PauseView }): VNode {
  return (
    <span class="author">
      <Prose text={view.paused_by} />
      <span class={view.source === 'machine' ? 'badge plain' : 'source'}>{SOURCE[view.source]}</span>
    </span>
  );
}
