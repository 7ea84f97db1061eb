import type { ComponentChildren, TargetedMouseEvent, VNode } from 'preact';
import { go, hrefOf } from '../state/route.ts';

interface LinkProps {
  /** Below the base: `tasks?status=queued`. */
  to: string;
  children: ComponentChildren;
  class?: string;
  label?: string;
  current?: boolean;
  /** In a tab of its own: what is half done here is not to be lost. */
  apart?: boolean;
}

/**
 * A link within this page: an address like any other, that can be opened in another tab, and is not loaded again here.
 */
export function Link({ to, children, class: className, label, current, apart = false }: LinkProps): VNode {
  const follow = (event: TargetedMouseEvent<HTMLAnchorElement>): void => {
    if (apart || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a
      href={hrefOf(to)}
      class={className}
      aria-label={label}
      aria-current={current ? 'page' : undefined}
      {...(apart ? { target: '_blank', rel: 'noopener' } : {})}
      onClick={follow}
    >
      {children}
    </a>
  );
}
