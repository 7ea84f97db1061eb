import { z } from 'zod';
import { severity } from './alerts.ts';
import { SENATE_EVENT_TYPES } from './events.ts';
import { SCOPE_KINDS } from '../scope.ts';
import { instant } from './text.ts';

/** The shapes that a target of notices may take. */
export const NOTICE_TARGET_KINDS = ['standard', 'slack', 'pagerduty'] as const;

const count = z.number().int().nonnegative();

export const noticeTargetView = z
  .strictObject({
    name: z.string(),
    kind: z.enum(NOTICE_TARGET_KINDS),
    url: z.string().describe('without what is a secret in it'),
    events: z.array(z.enum(SENATE_EVENT_TYPES)),
    scopes: z
      .array(z.strictObject({ kind: z.enum(SCOPE_KINDS), value: z.string().nullable().describe('null: any') }))
      .describe('empty: every scope'),
    min_severity: severity,
    gone_at: instant.nullable().describe('when it was switched off because it answered 410; null: it is on'),
    resting_until: instant.nullable().describe('left alone until then, after failures'),
    backlog: count.describe('notices that wait to be sent'),
    oldest_at: instant.nullable().describe('when the oldest of them happened'),
    delivered: count,
    given_up: count,
    last_success_at: instant.nullable(),
    last_failure_at: instant.nullable(),
    last_failure: z.string().nullable(),
  })
  .meta({ id: 'NoticeTarget' });

/** `GET /api/senate/notices` */
export const notices = z.strictObject({ targets: z.array(noticeTargetView) }).meta({ id: 'Notices' });

/** `POST /api/senate/notices/resume` */
export const resumeNoticesRequest = z
  .strictObject({ target: z.string().min(1).max(40) })
  .meta({ id: 'ResumeNoticesRequest' });

export type NoticeTargetView = z.infer<typeof noticeTargetView>;
export type Notices = z.infer<typeof notices>;
export type ResumeNoticesRequest = z.infer<typeof resumeNoticesRequest>;
