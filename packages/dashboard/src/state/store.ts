import type { PauseReceipt, Permission, SessionView } from '@orchestra/pause-core/contract';
import type { DeskNumbers } from '@orchestra/task-queue/contract';
import { computed, signal } from '@preact/signals';
import { serverTimeMs, UNSET_CLOCK, type ServerClock } from './server-clock.ts';
import { EMPTY_SENATE, inOrder, type SenateState } from './senate-state.ts';

/** How the page stands with the service. */
export type Connection =
  | { readonly phase: 'signed-out'; readonly notice: string | null }
  /** Nothing seen yet. */
  | { readonly phase: 'connecting'; readonly trouble: string | null }
  | { readonly phase: 'live' }
  | { readonly phase: 'reconnecting'; readonly trouble: string };

/** What the stream has told. Only `session.ts` writes here. */
export const senate = signal<SenateState>(EMPTY_SENATE);
export const connection = signal<Connection>({ phase: 'connecting', trouble: null });
/** Who is signed in; null: nobody, or not known yet. */
export const session = signal<SessionView | null>(null);
/** The queue as last told; null: not yet. */
export const desk = signal<DeskNumbers | null>(null);
/** Why what is shown may not be true although the line is there; null: it is true. */
export const doubt = signal<string | null>(null);
/** Why the alerts from before the page was opened could not be read; null: they could. */
export const alertsTrouble = signal<string | null>(null);
/** Monotonic time when all shown here was last known to be true; null: never. */
export const confirmedAtMs = signal<number | null>(null);
/** The receipt of the pause that this page made last. */
export const lastReceipt = signal<PauseReceipt | null>(null);

/** What the address names is not there. */
export const isMissing = signal(false);

/** They change when the stream has told that something changed; what was read by a call is read again then. */
export const pausesVersion = signal(0);
export const alertsVersion = signal(0);
export const queueVersion = signal(0);
/** A task may stand otherwise, by what happened to it or by what holds it. */
export const tasksVersion = computed(() => queueVersion.value + pausesVersion.value);
/** The same of the numbers of a label, which count its alerts as well. */
export const labelsVersion = computed(() => tasksVersion.value + alertsVersion.value);

/** The one clock of the page, in monotonic ms: everything that ticks is computed from it. */
export const monotonicMs = signal(performance.now());
export const serverClock = signal<ServerClock>(UNSET_CLOCK);
/** The server's time in ms since 1970; null: not known yet. */
export const serverMs = computed(() => serverTimeMs(serverClock.value, monotonicMs.value));

/** How old what is shown may be, in ms; null: nothing is shown yet. */
export const staleForMs = computed(() =>
  confirmedAtMs.value === null ? null : Math.max(0, monotonicMs.value - confirmedAtMs.value),
);
// The service tells how the desk stands every two seconds. Two of them are missing then, and with the tick of the
// page's own clock it is said within five seconds.
const SILENT_AFTER_MS = 4_000;
/** The line is there, and nothing comes: the service hangs, or the network swallows what it says. */
export const silent = computed(
  () => connection.value.phase === 'live' && staleForMs.value !== null && staleForMs.value > SILENT_AFTER_MS,
);
/** Is what is shown known to be true now? */
export const confirmed = computed(() => connection.value.phase === 'live' && doubt.value === null && !silent.value);

/** The active pauses, the newest first. */
export const shownPauses = computed(() => inOrder(senate.value.pauses));
export const drainingCount = computed(() => shownPauses.value.filter((pause) => !pause.quiet).length);

/** May whoever is signed in do this? What they may not do is not offered. */
export function may(permission: Permission): boolean {
  return session.value?.permissions.includes(permission) ?? false;
}
