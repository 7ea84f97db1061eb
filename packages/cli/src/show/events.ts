import type { AlertView, PauseView, SenateEvent } from '@orchestra/pause-core/contract';
import { labelsOf, scopeOf } from '@orchestra/pause-core/scope';
import type { ScopeFilter } from '../desk/desk.ts';
import { sayInstant } from './instant.ts';
import { sayEnd, sayPause, sayScope, sayUntil } from './say-pause.ts';
import { visibleText } from './visible-text.ts';
import { COMMAND } from '../command-name.ts';

type PauseEventType = Extract<SenateEvent, { data: PauseView }>['type'];

const PAUSE_LINES: Record<PauseEventType, (pause: PauseView) => string> = {
  'pause.created': (pause) =>
    `paused ${sayScope(pause)} ${sayEnd(pause)} (pause ${pause.id}, by ${visibleText(pause.paused_by)}): ` +
    `${visibleText(pause.reason)}`,
  'pause.changed': (pause) => `pause ${pause.id} on ${sayScope(pause)} now lasts ${sayUntil(pause)}`,
  'pause.cleared': (pause) =>
    `cleared pause ${pause.id} on ${sayScope(pause)}, by ${visibleText(pause.cleared_by ?? 'someone')}`,
  'pause.expired': (pause) => `pause ${pause.id} on ${sayScope(pause)} is over: its time has passed`,
  'pause.quiet': (pause) => `quiet: nothing that pause ${pause.id} on ${sayScope(pause)} covers runs any more`,
  'pause.warning': (pause) =>
    `pause ${pause.id} on ${sayScope(pause)} expires soon (${sayUntil(pause)}), then ${THEN[pause.then]}`,
  'pause.stayed': (pause) =>
    `stays: the time of pause ${pause.id} on ${sayScope(pause)} is over, and it waits for a person ` +
    `(${COMMAND} senate unpause --id ${pause.id})`,
  'pause.probing': (pause) =>
    `probing: the time of pause ${pause.id} on ${sayScope(pause)} is over, and one task is let ` +
    `through${pause.probe_task_id === null ? '' : ` (task ${pause.probe_task_id})`}`,
};

const THEN: Record<PauseView['then'], string> = {
  resume: 'work goes on',
  stay: 'it stays until a person clears it',
  probe: 'one test task runs',
};

/** A change for people: one line; of a snapshot one line for each active pause. */
export function eventLines(event: SenateEvent, now: Date = new Date()): string[] {
  const at = (instant: string | null, line: string) =>
    `${instant === null ? sayInstant(now.toISOString(), now) : sayInstant(instant, now)}  ${line}`;
  switch (event.type) {
    case 'snapshot':
      return event.data.pauses.length === 0
        ? [at(null, 'nothing is paused')]
        : event.data.pauses.map((pause) =>
            at(
              null,
              `now: ${sayPause(pause)}${pause.quiet ? '; quiet' : `; ${pause.in_flight_count + pause.claimed_ahead_count} in flight`}`,
            ),
          );
    case 'run.stopping':
      return [
        at(
          event.data.asked_at,
          `stopping ${sayTasks(event.data.task_ids)}, by ${visibleText(event.data.asked_by)}: ` +
            `${visibleText(event.data.reason)}`,
        ),
      ];
    case 'alert.created':
      return [at(event.data.created_at, `alert ${sayAlert(event.data)}`)];
    case 'alert.acknowledged':
      return [
        at(
          event.data.ack_at,
          `acknowledged ${sayAlert(event.data)}, by ${visibleText(event.data.ack_by ?? 'someone')}`,
        ),
      ];
    case 'alert.resolved':
      return [at(event.data.resolved_at, `over ${sayAlert(event.data)}`)];
    case 'pause.created':
    case 'pause.changed':
    case 'pause.cleared':
    case 'pause.expired':
    case 'pause.quiet':
    case 'pause.warning':
    case 'pause.stayed':
    case 'pause.probing':
      return [at(happenedAt(event.type, event.data), PAUSE_LINES[event.type](event.data))];
  }
}

/**
 * The event as far as it names these labels, and perhaps others as well; undefined: it does not. An alert is about an
 * actor.
 */
export function isAbout(event: SenateEvent, scope: ScopeFilter): SenateEvent | undefined {
  const wanted = labelsOf(scopeOf(scope));
  const isIt = (pause: PauseView): boolean => {
    if (scope.scope_kind === 'fleet') return pause.scope_kind === 'fleet';
    const named = labelsOf(scopeOf(pause));
    return wanted.every(([kind, value]) => named.some(([k, v]) => k === kind && v === value));
  };
  if (event.type === 'snapshot') return { type: 'snapshot', data: { pauses: event.data.pauses.filter(isIt) } };
  if (event.type === 'alert.created' || event.type === 'alert.acknowledged' || event.type === 'alert.resolved')
    return wanted.length === 1 && wanted[0]?.[0] === 'actor' && event.data.ref_id === wanted[0][1] ? event : undefined;
  if (event.type === 'run.stopping') return undefined;
  return isIt(event.data) ? event : undefined;
}

function happenedAt(type: PauseEventType, pause: PauseView): string | null {
  const instants: Partial<Record<PauseEventType, string | null>> = {
    'pause.created': pause.paused_at,
    'pause.cleared': pause.cleared_at,
    'pause.expired': pause.cleared_at,
    'pause.quiet': pause.quiet_at,
    'pause.warning': pause.warned_at,
    'pause.stayed': pause.stayed_at,
    'pause.probing': pause.probing_at,
  };
  return instants[type] ?? null;
}

function sayTasks(ids: readonly string[]): string {
  return ids.length === 1 ? `the run of task ${ids[0]}` : `the runs of ${ids.length} tasks`;
}

function sayAlert(alert: AlertView): string {
  return visibleText(
    `${alert.id} (${alert.severity}) about ${alert.ref_id ?? 'nobody'}: ${alert.kind ?? 'of no kind'}`,
  );
}
