import type { VNode } from 'preact';
import { Link } from '../parts/link.tsx';

export function Nowhere(): VNode {
  return (
    <>
      <h1>There is nothing here</h1>
      <p>This address names no view of this page. <Link to="">See what is paused now</Link>, or press <kbd>?</kbd> for the keys.</p>
    </>
  );
}
