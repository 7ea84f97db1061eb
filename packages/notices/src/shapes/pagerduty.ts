import type { SenateEvent } from '@orchestra/pause-core/contract';
import type { Notice, NoticeRequest } from './notice.ts';
import { sayEvent } from './say-event.ts';
import { shortened } from './visible-text.ts';

type Action = 'trigger' | 'acknowledge' | 'resolve';
type Severity = 'critical' | 'error' | 'warning' | 'info';

// What the Events API v2 takes.
const SUMMARY_MAX = 1_024;
const DETAILS_CHARS_MAX = 100_000;

/**
 * An event of PagerDuty's Events API v2. Each pause is one incident, and so is each alert: `dedup_key` keeps what is
 * told of it together.
 *
 * @returns undefined for what changes nothing about an incident
 */
export function pagerDutyRequest({ at, event }: Notice, routingKey: string): NoticeRequest | undefined {
  const action = actionOf(event);
  if (action === undefined) return undefined;
  const details = JSON.stringify(event.data);
  return {
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({
      routing_key: routingKey,
      event_action: action,
      dedup_key: `orchestra-${event.type.startsWith('alert.') ? 'alert' : 'pause'}-${event.data.id}`,
      ...(action === 'trigger'
        ? {
            payload: {
              summary: shortened(sayEvent(event), SUMMARY_MAX),
              source: 'orchestra',
              severity: severityOf(event),
              timestamp: at.toISOString(),
              class: event.type,
              custom_details:
                details.length <= DETAILS_CHARS_MAX
                  ? event.data
                  : { left_out: 'longer than an incident takes', id: event.data.id },
            },
            client: 'Orchestra',
          }
        : {}),
    }),
  };
}

/**
 * What a person does about a pause says that someone is at it. `quiet` may come when the pause has ended: it must not
 * open the incident again.
 */
function actionOf(event: Notice['event']): Action | undefined {
  switch (event.type) {
    // An alert that a person has seen, or that is over, asks nothing more of anybody.
    case 'pause.cleared':
    case 'pause.expired':
    case 'alert.acknowledged':
    case 'alert.resolved':
      return 'resolve';
    case 'pause.changed':
      return 'acknowledge';
    case 'pause.quiet':
    case 'run.stopping':
      return undefined;
    case 'pause.created':
    case 'pause.warning':
    case 'pause.stayed':
    case 'pause.probing':
    case 'alert.created':
      return 'trigger';
  }
}

const OF_ALERTS: Readonly<Record<string, Severity>> = {
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
};

/** A pause that a machine made, or that waits for a person, is what somebody has to be woken for. */
function severityOf(event: Exclude<SenateEvent, { type: 'snapshot' }>): Severity {
  if ('severity' in event.data) return OF_ALERTS[event.data.severity] ?? 'warning';
  if (event.type === 'pause.stayed') return 'critical';
  if (event.type === 'run.stopping') return 'warning';
  return event.data.source === 'machine' ? 'error' : 'warning';
}
