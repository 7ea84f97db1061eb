import { effect, signal } from '@preact/signals';
import type { Zone } from '../text/time-text.ts';

const KEY = 'orchestra.zone';

/** Whether times are told by the reader's clock or in UTC. Kept in this browser. */
export const zone = signal<Zone>(kept());

effect(() => {
  try {
    localStorage.setItem(KEY, zone.value);
  } catch {
    // A browser that keeps nothing: it is then chosen again each time.
  }
});

export function nextZone(): void {
  zone.value = zone.value === 'local' ? 'utc' : 'local';
}

function kept(): Zone {
  try {
    return localStorage.getItem(KEY) === 'utc' ? 'utc' : 'local';
  } catch {
    return 'local';
  }
}
