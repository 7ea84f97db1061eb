/** A view of this page, and what it shows. */
export type Place =
  | { readonly view: 'now' | 'tasks' | 'alerts' | 'history' | 'nowhere' }
  | { readonly view: 'pause' | 'task'; readonly id: string };

const LISTS = { '': 'now', 'tasks': 'tasks', 'alerts': 'alerts', 'history': 'history' } as const;

/** The place that an address names, below the base and without its slash. */
export function placeOf(path: string): Place {
  if (Object.hasOwn(LISTS, path)) return { view: LISTS[path as keyof typeof LISTS] };
  const [, kind, id = ''] = /^(pauses|tasks)\/([1-9][0-9]{0,18})$/.exec(path) ?? [];
  if (kind === 'pauses') return { view: 'pause', id };
  return kind === 'tasks' ? { view: 'task', id } : { view: 'nowhere' };
}

/** The list of tasks that a number was counted from. */
export function tasksAt(filters: Record<string, string | boolean>): string {
  return `tasks?${new URLSearchParams(Object.entries(filters).map(([name, value]) => [name, String(value)]))}`;
}
