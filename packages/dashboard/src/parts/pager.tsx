import type { VNode } from 'preact';
import { query, withQuery } from '../state/route.ts';
import { Link } from './link.tsx';

/** The way to older entries of a list, and back to the newest. */
export function Pager({ next }: { next: string | null }): VNode | null {
  const beyond = query.value.has('cursor');
  if (next === null && !beyond) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {beyond && <Link to={withQuery({})}>Newest</Link>}
      {next !== null && (
        <Link to={`${withQuery({})}${withQuery({}).includes('?') ? '&' : '?'}cursor=${next}`}>Older</Link>
      )}
    </nav>
  );
}
