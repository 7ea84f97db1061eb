import type { LabelKind } from '@orchestra/pause-core/contract';
import { scopeKindOf } from '../text/scope-kinds.ts';

/** A view of this page, and what it shows. */
export type Place =
  | { readonly view: 'now' | 'tasks' | 'repos' | 'workers' | 'alerts' | 'history' | 'search' | 'nowhere' }
  | { readonly view: 'pause' | 'task'; readonly id: string }
  | { readonly view: 'label'; readonly kind: LabelKind; readonly value: string };

const LISTS = {
  '': 'now',
  tasks: 'tasks',
  repos: 'repos',
  workers: 'workers',
  alerts: 'alerts',
  history: 'history',
  search: 'search',
} as const;

/** The place that an address names, below the base and without its slash. */
export function placeOf(path: string, query: URLSearchParams): Place {
  if (Object.hasOwn(LISTS, path)) return { view: LISTS[path as keyof typeof LISTS] };
  if (path === 'label') return labelPlace(query);
  const [, kind, id = ''] = /^(pauses|tasks)\/([1-9][0-9]{0,18})$/.exec(path) ?? [];
  if (kind === 'pauses') return { view: 'pause', id };
  return kind === 'tasks' ? { view: 'task', id } : { view: 'nowhere' };
}

/** The list of tasks that a number was counted from. */
export function tasksAt(filters: Record<string, string | boolean>): string {
  return `tasks?${new URLSearchParams(Object.entries(filters).map(([name, value]) => [name, String(value)]))}`;
}

/** The gate of one repo. */
export function reposAt(repo: string): string {
  return `repos?${new URLSearchParams({ repo })}`;
}

/**
 * The page of an agent, skill, quest or actor. In the query: a slash in a label would be lost on the way through some
 * proxies.
 */
export function labelAt(kind: LabelKind, value: string): string {
  return `label?${new URLSearchParams({ kind, value })}`;
}

function labelPlace(query: URLSearchParams): Place {
  const kind = scopeKindOf(query.get('kind'));
  const value = query.get('value') ?? '';
  return kind === null || value === '' ? { view: 'nowhere' } : { view: 'label', kind, value };
}
