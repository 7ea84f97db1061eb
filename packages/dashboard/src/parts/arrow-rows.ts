import type { TargetedKeyboardEvent } from 'preact';

const STEPS: Record<string, 'next' | 'previous' | 'first' | 'last'> = {
  ArrowDown: 'next',
  ArrowUp: 'previous',
  Home: 'first',
  End: 'last',
};

/** Up and down go from row to row, to the first thing in it that takes the focus. For a `tbody`. */
export function moveBetweenRows(event: TargetedKeyboardEvent<HTMLTableSectionElement>): void {
  const step = STEPS[event.key];
  const row = document.activeElement?.closest('tr');
  if (
    step === undefined ||
    row === null ||
    row === undefined ||
    document.activeElement instanceof HTMLInputElement ||
    event.metaKey ||
    event.ctrlKey ||
    event.altKey
  )
    return;
  const { rows } = event.currentTarget;
  const at = [...rows].indexOf(row);
  const to = { next: at + 1, previous: at - 1, first: 0, last: rows.length - 1 }[step];
  const target = rows[to]?.querySelector<HTMLElement>('a, button');
  if (target === null || target === undefined) return;
  event.preventDefault();
  target.focus();
}
