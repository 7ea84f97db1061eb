import type { ComponentChildren, VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { isMissing } from '../state/store.ts';

/** What an address names is not there; the title of the page says so, too. */
export function NotFound({ title, children }: { title: string; children: ComponentChildren }): VNode {
  useEffect(() => {
    isMissing.value = true;
    return () => {
      isMissing.value = false;
    };
  }, []);
  return (
    <div class="not-found">
      <p class="kicker">Not found</p>
      <h1>{title}</h1>
      <p>{children}</p>
    </div>
  );
}
