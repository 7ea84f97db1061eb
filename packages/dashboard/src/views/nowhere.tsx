import type { VNode } from 'preact';
import { Link } from '../parts/link.tsx';
import { NotFound } from '../parts/not-found.tsx';

export function Nowhere(): VNode {
  return (
    <NotFound title="There is nothing here">
      This address names no view of this page. <Link to="">See what is paused now</Link>, search above, or press{' '}
      <kbd>?</kbd> for the keys.
    </NotFound>
  );
}
