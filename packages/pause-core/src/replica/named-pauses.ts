import type { ActivePause } from '../pause.ts';
import { PauseIndex } from './pause-index.ts';

// A reading that begins after the bell tells the truth within milliseconds. Where none succeeds the hold ends by
// itself: as long as a lost bell may hold up a pause, a false one may hold up work.
const HOLD_MS = 5_000;
// Somebody makes them up: who reads is told by the reading.
const NAMED_MAX = 100;

interface Named {
  pause: ActivePause;
  heardAtMs: number;
  endsAtMs: number;
}

/**
 * Pauses that bells have named and no reading has confirmed. They can hold work back and never let any go: who forges
 * a bell, or repeats an old one, delays work until the next reading, for five seconds at the most.
 */
export class NamedPauses {
  #named: Named[] = [];
  #index: PauseIndex | undefined;

  /** What they hold; undefined: nothing, which is so nearly always. */
  get index(): PauseIndex | undefined {
    return this.#index;
  }

  /** @param heardAtMs by the clock that readings are told by */
  add(pause: ActivePause, heardAtMs: number): void {
    const nowMs = performance.now();
    const kept = this.#named.filter((named) => named.endsAtMs > nowMs && named.pause.id !== pause.id);
    if (kept.length >= NAMED_MAX) return;
    this.#set([...kept, { pause, heardAtMs, endsAtMs: nowMs + Math.min(HOLD_MS, pause.remainingMs ?? HOLD_MS) }]);
  }

  /**
   * A reading that began then has told what is paused: of what was heard before, it is the truth. @returns what it has
   * told about
   */
  readAsOf(asOfMs: number): ActivePause[] {
    const told = this.#named.filter(({ heardAtMs }) => heardAtMs <= asOfMs);
    if (told.length > 0) this.#set(this.#named.filter(({ heardAtMs }) => heardAtMs > asOfMs));
    return told.map(({ pause }) => pause);
  }

  #set(named: Named[]): void {
    const nowMs = performance.now();
    this.#named = named;
    this.#index =
      named.length === 0
        ? undefined
        : new PauseIndex(
            named.map(({ pause, endsAtMs }) => ({ ...pause, remainingMs: Math.max(0, endsAtMs - nowMs) })),
            nowMs,
          );
  }
}
