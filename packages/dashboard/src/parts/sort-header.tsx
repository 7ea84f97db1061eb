import type { ComponentChildren, VNode } from 'preact';

export interface Sorting {
  readonly by: string;
  readonly descending: boolean;
}

/** The head of a column that sorts its table; a second press turns the order round. */
export function SortHeader({
  by,
  sorting,
  onSort,
  number = false,
  children,
}: {
  by: string;
  sorting: Sorting;
  onSort: (next: Sorting) => void;
  number?: boolean;
  children: ComponentChildren;
}): VNode {
  const mine = sorting.by === by;
  return (
    <th
      scope="col"
      class={number ? 'number' : undefined}
      aria-sort={mine ? (sorting.descending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        class="sort"
        onClick={() => onSort({ by, descending: mine ? !sorting.descending : number })}
      >
        {children}
        <span class={mine ? 'direction' : 'direction other'} aria-hidden="true">
          {mine && !sorting.descending ? '↑' : '↓'}
        </span>
      </button>
    </th>
  );
}
