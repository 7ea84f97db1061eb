import type { ActivePauseView, AlertView, PauseView, SenateEvent } from '@orchestra/pause-core/contract';
import { positionOf } from '../wire/stream-message.ts';

/** What the page keeps at most. The pauses need no bound of their own: they are what the server says is active. */
export const ALERTS_MAX = 20;
export const CHANGES_MAX = 6;

/** An active pause, and how far it has taken effect. */
export interface ShownPause {
  readonly view: PauseView;
  /** Runs still in flight when last counted; null: not counted yet. */
  readonly inFlightCount: number | null;
  readonly quiet: boolean;
  /** Tasks that wait under it; null: not counted yet. */
  readonly queued: number | null;
  readonly queuedMore: boolean;
}

/** What is counted again about an active pause. */
export type CountedPause = Pick<
  ActivePauseView,
  'id' | 'in_flight_count' | 'claimed_ahead_count' | 'queued' | 'queued_more' | 'quiet'
>;

/** One line of what happened while the page was open. */
export interface Change {
  /** The event's position. */
  readonly id: string;
  readonly type: Exclude<
    SenateEvent['type'],
    'snapshot' | 'alert.created' | 'alert.acknowledged' | 'alert.resolved' | 'run.stopping'
  >;
  readonly view: PauseView;
}

export interface SenateState {
  /** The id of the last message applied, to resume behind; null: no snapshot yet. */
  readonly position: string | null;
  readonly pauses: ReadonlyMap<string, ShownPause>;
  /** The latest critical alerts, newest first. */
  readonly alerts: readonly AlertView[];
  /** Newest first. */
  readonly changes: readonly Change[];
}

export const EMPTY_SENATE: SenateState = { position: null, pauses: new Map(), alerts: [], changes: [] };

/**
 * The state after one message of the stream. A snapshot replaces the pauses; any other message counts only when its
 * id lies behind the position, so a message that comes twice changes nothing.
 */
export function applyEvent(state: SenateState, id: string, event: SenateEvent): SenateState {
  if (event.type === 'snapshot') {
    return { ...state, position: id, pauses: new Map(event.data.pauses.map((view) => [view.id, shown(view)])) };
  }
  if (state.position === null || positionOf(id) <= positionOf(state.position)) return state;
  if (event.type === 'alert.created' || event.type === 'alert.acknowledged' || event.type === 'alert.resolved') {
    return { ...state, position: id, alerts: mergeAlerts(state.alerts, [event.data]) };
  }
  if (event.type === 'run.stopping') return { ...state, position: id };
  return {
    ...state,
    position: id,
    pauses: withPause(state.pauses, event.type, event.data),
    changes: [{ id, type: event.type, view: event.data }, ...state.changes].slice(0, CHANGES_MAX),
  };
}

/** The state behind a message that means nothing to this page: what it has seen, it need not be told again. */
export function passOver(state: SenateState, id: string): SenateState {
  return state.position === null || positionOf(id) <= positionOf(state.position) ? state : { ...state, position: id };
}

/**
 * The state with newer counts of the active pauses. Which pauses there are is the stream's to say: a list
 * that was read a moment too early must not bring back a pause that has ended.
 */
export function applyCounts(state: SenateState, listed: readonly CountedPause[]): SenateState {
  const pauses = new Map(state.pauses);
  for (const counted of listed) {
    const known = pauses.get(counted.id);
    // Quiet does not end: a list read before the last run ended would say otherwise.
    if (known !== undefined)
      pauses.set(counted.id, {
        ...known,
        ...(known.quiet ? {} : shownEffect(counted)),
        queued: counted.queued,
        queuedMore: counted.queued_more,
      });
  }
  return { ...state, pauses };
}

/** The latest critical alerts of two lists, newest first, each once. */
export function mergeAlerts(known: readonly AlertView[], more: readonly AlertView[]): readonly AlertView[] {
  const byId = new Map(
    [...known, ...more].filter((alert) => alert.severity === 'critical').map((alert) => [alert.id, alert]),
  );
  return [...byId.values()].toSorted((a, b) => newestFirst(a.id, b.id)).slice(0, ALERTS_MAX);
}

/** The pauses in the order they are shown: the newest first. */
export function inOrder(pauses: SenateState['pauses']): ShownPause[] {
  return [...pauses.values()].toSorted((a, b) => newestFirst(a.view.id, b.view.id));
}

function withPause(pauses: SenateState['pauses'], type: Change['type'], view: PauseView): SenateState['pauses'] {
  const next = new Map(pauses);
  const known = next.get(view.id);
  const ended = view.cleared_at !== null || type === 'pause.cleared' || type === 'pause.expired';
  // Ended, or a word about one that has ended already: `quiet` may come after the end.
  if (ended || (known === undefined && type === 'pause.quiet')) {
    next.delete(view.id);
    return next;
  }
  const quiet = view.quiet_at !== null || type === 'pause.quiet' || (known?.quiet ?? false);
  next.set(view.id, {
    view,
    quiet,
    inFlightCount: quiet ? 0 : (known?.inFlightCount ?? null),
    queued: known?.queued ?? null,
    queuedMore: known?.queuedMore ?? false,
  });
  return next;
}

function shown(view: ActivePauseView): ShownPause {
  return { view, ...shownEffect(view), queued: view.queued, queuedMore: view.queued_more };
}

function shownEffect(counted: CountedPause): Pick<ShownPause, 'inFlightCount' | 'quiet'> {
  return { inFlightCount: counted.in_flight_count + counted.claimed_ahead_count, quiet: counted.quiet };
}

/** Compares ids as numbers: they may pass JavaScript's safe integers. */
function newestFirst(a: string, b: string): number {
  return Number(BigInt(b) - BigInt(a));
}
