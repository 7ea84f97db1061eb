export { AUTO_PAUSE_RULE, judgeAlerts, type AlertRule } from './alert-rule.ts';
export { ALERTMANAGER_LABELS, readAlertmanagerAlert, type AlertmanagerLabels } from './alertmanager.ts';
export { readAfterCommit, type NotRead } from './after-commit.ts';
export { ackAlert } from './commands/ack-alert.ts';
export { AUTO_PAUSER, autoPauseCandidates, checkAutoPause, type AutoPause } from './commands/check-auto-pause.ts';
export { closeExpiredPauses, TTL_CLEARER } from './commands/close-expired.ts';
export type { Durability } from './durability.ts';
export { extendPause, type ExtendOrder } from './commands/extend-pause.ts';
export {
  insertPause,
  pauseScope,
  type PausedScope,
  type PauseOptions,
  type PauseOrder,
} from './commands/pause-scope.ts';
export { createToken, type TokenOrder } from './commands/create-token.ts';
export { recordAlert } from './commands/record-alert.ts';
export { recordAlertmanager, type AlertmanagerRecorded } from './commands/record-alertmanager.ts';
export { revokeToken } from './commands/revoke-token.ts';
export { alarmAutoPauses, AUTO_PAUSES_AN_HOUR, type AutoPauseFlood } from './commands/alarm-auto-pauses.ts';
export { refusePause } from './commands/refuse-pause.ts';
export { forgetOldKeys, runOnce, type Idempotency } from './commands/run-once.ts';
export {
  forgetOldGates,
  noteGates,
  noteRefusals,
  type GateSighting,
  type NotedRefusal,
} from './commands/note-gates.ts';
export { runRinging } from './commands/run-ringing.ts';
export { PAUSE_NEEDS_PERSON, stayPaused, stayPauses } from './commands/stay-paused.ts';
export { PLACED_MAX, sequenceEvents } from './commands/sequence-events.ts';
export { unpauseScope, type UnpausedScope, type UnpauseOrder } from './commands/unpause-scope.ts';
export { warnOfEnds } from './commands/warn-of-ends.ts';
export { IDEMPOTENCY_CODES, PAUSE_ERROR_CODES, PauseError, type PauseErrorCode } from './errors.ts';
export {
  comparePrecedence,
  expiresAt,
  PAUSE_SOURCES,
  PAUSE_THENS,
  type ActivePause,
  type Pause,
  type PauseSource,
  type PauseThen,
} from './pause.ts';
export { listActivePauses, scopeValues } from './queries/active-pauses.ts';
export {
  attachedWorkAt,
  attachedWorksUnder,
  attachedWorkUnder,
  attachedWorkView,
  listAttachedQueues,
  listOtherPlaces,
  notReadElsewhere,
  quietInAttached,
  unknownWork,
  verifyAttached,
  type AttachedQueue,
} from './queries/attached-queues.ts';
export { olderSnapshots } from './queries/older-snapshots.ts';
export { copyPauses, copyPausesEverywhere, copyPausesTo } from './elsewhere/copy-pauses.ts';
export {
  atOtherDatabase,
  HomeNotReadError,
  OtherDatabaseError,
  passwordVariable,
  type OtherPlace,
} from './elsewhere/other-database.ts';
export { CANNOT_SEE_SNAPSHOTS, EARLIER_CLAIM, OLD_SNAPSHOT, settleElsewhere } from './elsewhere/settle-elsewhere.ts';
export { dueEnds, type DueEnds } from './queries/due-ends.ts';
export { ALERT_COLUMNS, toAlert, type Alert, type AlertRow } from './queries/alert-row.ts';
export { findToken, findTokens, livingTokens, type TokenHolder } from './queries/find-token.ts';
export { listTokens, type Token } from './queries/list-tokens.ts';
export { ownsRun, runKeyOf, showRuns } from './run-owner.ts';
export {
  narrowed,
  outsideLabels,
  TOKEN_LABEL_KINDS,
  type LabelledWork,
  type TokenLabelKind,
  type TokenLabels,
} from './token-labels.ts';
export { looksLikeToken } from './token-format.ts';
export { countAllGates, countGates, listGates, readPauseGates, type GateTotals } from './queries/gates.ts';
export { findPause } from './queries/find-pause.ts';
export { listHistory, type HistoryFilter } from './queries/history.ts';
export { alertsTableProblems, checkAlertsTable } from './queries/alerts-table.ts';
export { alertsBehind, type AlertBehind } from './queries/alerts-behind.ts';
export { listAlerts, type AlertFilter } from './queries/alerts.ts';
export { searchPauses } from './queries/search-pauses.ts';
export { names, type NamedLabels } from './queries/names-labels.ts';
export { listEndedPauses, type PauseHistoryFilter } from './queries/pause-history.ts';
export {
  EVENT_MARK,
  eventsAfter,
  headOfStream,
  markAt,
  newsPosition,
  unplacedEvents,
  type MarkedPosition,
  type PlacedEvent,
} from './queries/senate-events.ts';
export * from './replica/index.ts';
export {
  CANARY_AGENT_PREFIX,
  CANARY_LABEL,
  covers,
  inOrder,
  isSameScope,
  LABEL_KINDS,
  labelFor,
  labelsOf,
  SCOPE_KINDS,
  scopeOf,
  scopeText,
  WHOLE_FLEET,
  type LabelKind,
  type Labels,
  type Scope,
  type ScopeKind,
  type TaskLabels,
} from './scope.ts';
export { isSettled, SETTLE_TIMEOUT_MS, settleClaims, settleSnapshots } from './settle.ts';
export { fromHeldPause, toAlertView, toPauseView } from './wire.ts';
