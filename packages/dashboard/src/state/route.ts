import { computed, signal } from '@preact/signals';
import { BASE_URL } from '../wire/base-url.ts';
import { placeOf, type Place } from './place.ts';

const BASE_PATH = new URL(BASE_URL).pathname;

/** Where the reader is: the address below the base, without its slash, and what stands behind the question mark. */
const address = signal(here());

export const query = computed(() => new URLSearchParams(address.value.search));
export const place = computed<Place>(() => placeOf(address.value.path, query.value));

addEventListener('popstate', () => {
  address.value = here();
});

/** The address of a place as a link has it. */
export function hrefOf(to: string): string {
  return BASE_PATH + to;
}

/** Goes somewhere without loading the page again. `replace` where going back should not come by here. */
export function go(to: string, { replace = false }: { replace?: boolean } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', hrefOf(to));
  address.value = here();
}

/**
 * The place that is shown, with some of its filters changed; null or empty takes one away. The page of a list begins
 * again.
 */
export function withQuery(changes: Record<string, string | null>): string {
  const next = new URLSearchParams(address.value.search);
  next.delete('cursor');
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  }
  return address.value.path + (next.size === 0 ? '' : `?${next}`);
}

function here(): { path: string; search: string } {
  return { path: location.pathname.slice(BASE_PATH.length), search: location.search };
}
