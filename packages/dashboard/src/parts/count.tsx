import type { VNode } from 'preact';
import { count } from '../text/count.ts';
import { Link } from './link.tsx';

/** A number that links to the list behind it. None links nowhere: there is nothing to see. */
export function Count({
  value,
  more = false,
  to,
  of,
}: {
  value: number;
  more?: boolean;
  to: string;
  of: string;
}): VNode {
  if (value === 0) return <span class="none">0</span>;
  return (
    <Link to={to} class="count" label={`${count(value, more)} ${of}`}>
      {count(value, more)}
    </Link>
  );
}
