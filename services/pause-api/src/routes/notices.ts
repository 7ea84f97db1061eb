import type { Database } from '@orchestra/database';
import { resumeTarget, shownAddress, targetStates, type NoticeTarget, type TargetState } from '@orchestra/notices';
import { IDEMPOTENCY_CODES, PauseError } from '@orchestra/pause-core';
import {
  notices,
  noticeTargetView,
  resumeNoticesRequest,
  SENATE_EVENT_TYPES,
  type NoticeTargetView,
} from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';

export function noticeRoutes({
  db,
  notices: targets = [],
}: {
  db: Database;
  notices?: readonly NoticeTarget[] | undefined;
}): Route[] {
  const states = async (): Promise<NoticeTargetView[]> => {
    const known = new Map(
      (
        await targetStates(
          db,
          targets.map(({ name }) => name),
        )
      ).map((state) => [state.name, state]),
    );
    return targets.map((target) => toView(target, known.get(target.name)));
  };
  return [
    route({
      method: 'get',
      path: '/api/senate/notices',
      permission: 'pause',
      summary: 'how the sending of notices stands, target by target',
      description: 'The targets of this instance’s configuration.',
      answer: notices,
      handle: async () => ({ targets: await states() }),
    }),
    route({
      method: 'post',
      path: '/api/senate/notices/resume',
      permission: 'pause',
      refuses: ['notice_target_not_found', ...IDEMPOTENCY_CODES],
      summary: 'send to a target again, at once',
      description:
        'To one that was switched off because it answered 410, or that is left alone for a while after ' +
        'failures. What waits is sent, if it is not older than a day.',
      body: resumeNoticesRequest,
      answer: noticeTargetView,
      handle: async ({ body: { target: name }, caller, idempotency, log }) => {
        const target = targets.find((one) => one.name === name);
        const state = target === undefined ? undefined : await resumeTarget(db, { name, by: caller.name }, idempotency);
        if (target === undefined || state === undefined)
          throw new PauseError(
            'notice_target_not_found',
            `no target of notices is called "${name}"; GET /api/senate/notices lists them`,
          );
        log.info({ target: name, by: caller.name }, 'notices are sent to a target again');
        return toView(target, state);
      },
    }),
  ];
}

function toView(target: NoticeTarget, state: TargetState | undefined): NoticeTargetView {
  return {
    name: target.name,
    kind: target.kind,
    url: shownAddress(target),
    events: SENATE_EVENT_TYPES.filter((type) => target.types.has(type)),
    scopes: target.scopes.map(({ kind, value }) => ({ kind, value: value ?? null })),
    min_severity: target.minSeverity,
    gone_at: state?.goneAt?.toISOString() ?? null,
    resting_until: state?.restingUntil?.toISOString() ?? null,
    backlog: state?.backlog ?? 0,
    oldest_at: state?.oldestAt?.toISOString() ?? null,
    delivered: state?.delivered ?? 0,
    given_up: state?.givenUp ?? 0,
    last_success_at: state?.lastSuccessAt?.toISOString() ?? null,
    last_failure_at: state?.lastFailureAt?.toISOString() ?? null,
    last_failure: state?.lastFailure ?? null,
  };
}
