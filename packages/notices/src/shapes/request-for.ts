import type { NoticeTarget } from '../targets/target.ts';
import type { Notice, NoticeRequest } from './notice.ts';
import { pagerDutyRequest } from './pagerduty.ts';
import { slackRequest } from './slack.ts';
import { standardRequest } from './standard.ts';

/** The call that tells a target of an event, as it takes it; undefined: there is nothing that it would want to know. */
export function requestFor(target: NoticeTarget, notice: Notice, sentAt: Date): NoticeRequest | undefined {
  switch (target.kind) {
    case 'standard':
      return standardRequest(notice, target.keys, sentAt);
    case 'slack':
      return slackRequest(notice);
    case 'pagerduty':
      return pagerDutyRequest(notice, target.routingKey ?? '');
  }
}
