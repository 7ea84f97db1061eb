export { forgetTargets, registerTarget } from './outbox/register-target.ts';
export { resumeTarget } from './outbox/resume-target.ts';
export { targetStates, type TargetState } from './outbox/target-states.ts';
export { sendRound, type NoticeReports, type SendRoundOptions } from './send-round.ts';
export { type Resolver } from './sending/checked-lookup.ts';
export { readTargets, TargetsError } from './targets/read-targets.ts';
export { shownAddress, type NoticeTarget } from './targets/target.ts';
