export type { FailedRow, OnFailedRow } from './commands/row-by-row.ts';
export { CLAIM_SETTINGS } from './claim-statement.ts';
export { ClaimWays } from './claim-ways.ts';
export { actOnTasks, previewAct, type Act, type ActOrder } from './commands/act-on-tasks.ts';
export { advanceHorizon } from './commands/advance-horizon.ts';
export { announceQuiet } from './commands/announce-quiet.ts';
export { answerQuestion } from './commands/answer-question.ts';
export { askQuestion, type AutoParkRepos } from './commands/ask-question.ts';
export { LEASE_SECONDS } from './commands/call-turn.ts';
export { waitsForGates, type ClaimOrder } from './commands/claim-order.ts';
export { CANCEL } from './commands/cancel-tasks.ts';
export { claimTasks, claimTasksOnce } from './commands/claim-tasks.ts';
export { deferPaused } from './commands/defer-paused.ts';
export { dropEmptyLanes } from './commands/drop-empty-lanes.ts';
export { completeRun, failRun, holdRun, releaseRun, retryRun, type Disturbance } from './commands/end-run.ts';
export { endRuns } from './commands/end-runs.ts';
export { endStoppedRun, fenceStops } from './commands/end-stopped-runs.ts';
export { enqueueTasks, type TaskToAdd } from './commands/enqueue-tasks.ts';
export { freezeRepo, limitRepo, thawRepo } from './commands/freeze-repo.ts';
export { healQueued } from './commands/heal-queued.ts';
export { heartbeat } from './commands/heartbeat.ts';
export { lineUpDue } from './commands/line-up-due.ts';
export { alertOfProof, BRAKE_NOT_PROVED, noteProof, setProofPeriod, takeProofTurn } from './commands/note-proof.ts';
export { proveBrake, PROVER } from './commands/prove-brake.ts';
export {
  lookAfterReleases,
  releaseBacklog,
  RELEASER,
  stopRelease,
  type ReleaseOrder,
} from './commands/release-backlog.ts';
export { lastRelease } from './queries/releases.ts';
export { lookAfterProbes, PROBER, type ProbesRound } from './commands/look-after-probes.ts';
export { unmarkLeftOver } from './commands/unmark-probe.ts';
export { moveTasks } from './commands/move-tasks.ts';
export { parkTask, unparkTask, type ParkedBy } from './commands/park-task.ts';
export { readTriage, triageBacklog, type TriageOrder } from './commands/triage-backlog.ts';
export { noteBegun } from './commands/note-begun.ts';
export { forgetOldSightings, noteSightings, type Sighting } from './commands/note-sightings.ts';
export { unpauseWithAnswer } from './commands/unpause-with-answer.ts';
export { pauseWithReceipt, previewPause } from './commands/pause-with-receipt.ts';
export { raiseRunawayAlerts, WATCHDOG } from './commands/raise-runaway-alerts.ts';
export { raiseHeads } from './commands/raise-heads.ts';
export { forgetOldTasks, type ForgetMark, type Forgotten } from './commands/forget-old-tasks.ts';
export { noteIdleReaperTick, noteReaperTick } from './commands/note-reaper-tick.ts';
export { reportPreflight } from './commands/report-preflight.ts';
export { RUN_REFUSALS } from './commands/refuse-run.ts';
export { resumeHeld } from './commands/resume-held.ts';
export { retryTasks } from './commands/retry-tasks.ts';
export type { Selection } from './commands/selected-tasks.ts';
export { forgetOldStops, settleStops } from './commands/settle-stops.ts';
export { stopRuns, type RunsToStop, type StopOrder } from './commands/stop-runs.ts';
export { reapDeadProcesses, reapFormerBoots, reapRuns } from './commands/reap-runs.ts';
export { sumUpMinutes } from './commands/sum-up-minutes.ts';
export { sumUpTotals } from './commands/sum-up-totals.ts';
export { writeQueueSettings, type QueueSettings } from './commands/write-settings.ts';
export { tasksOf, turn, type Turn, type TurnAnswer } from './commands/turn.ts';
export { TaskError } from './errors.ts';
export type { GatedRepos } from './gated.ts';
export type { HorizonLook } from './horizon-look.ts';
export { listActivePauseViews, listPausesWithAttached, viewActivePauses } from './queries/active-pause-views.ts';
export { readDeskNumbers } from './queries/desk-numbers.ts';
export { lookForWork, type OpenWork } from './queries/open-work.ts';
export { judgeProcess, type Here, type RunProcess } from './judge-process.ts';
export { readLabelNumbers, type LabelsOrder } from './queries/label-numbers.ts';
export { readLabelPage } from './queries/label-page.ts';
export { unknownLabels } from './queries/label-known.ts';
export { search } from './queries/search.ts';
export { readWorkers } from './queries/workers.ts';
export { readQueueRates } from './queries/queue-rates.ts';
export { readPausePage } from './queries/pause-page.ts';
export { verifyClaims, verifyEverything, type VerifyOrder } from './queries/verify-claims.ts';
export { readBrakeProof } from './queries/brake-proof.ts';
export { readQueueView } from './queries/queue-view.ts';
export { findRepoGate, readSerialGate, REPOS_LISTED_MAX } from './queries/serial-gate-view.ts';
export { findRunawayRuns, type RunawayRun } from './queries/runaway-runs.ts';
export { listRunsFromHere, type RunFromHere } from './queries/runs-from-here.ts';
export { readRunners } from './queries/runners-view.ts';
export { readStop } from './queries/stop-view.ts';
export { findTaskOutput } from './queries/task-output.ts';
export { refuseWhereNobodyIsAsked, type QuestionRepos } from './commands/may-ask.ts';
export { viewPipelines } from './queries/pipelines-view.ts';
export { nextStep, type Left, type StageOutcome, type Step } from './pipelines/next-step.ts';
export { parsePipelines, StagesError } from './pipelines/parse-pipelines.ts';
export { DEFAULT_PIPELINES, findPipeline, findStage, type Pipeline, type Stage } from './pipelines/pipeline.ts';
export { DEFAULT_STAGE_RULES, makeStageRules, TRANSIENT_RETRIES, type StageRules } from './pipelines/stage-rules.ts';
export {
  ALL_OFF,
  keptForRunners,
  type KeptForRunners,
  type RunnerRepos,
  type RunnerSwitches,
} from './runner-switches.ts';
export { keptTraces, type KeptTrace } from './queries/kept-traces.ts';
export { findTask, listTaskEvents, listTasks, type TaskFilter } from './queries/tasks.ts';
export { RUNAWAY_LOOK_BACK_MS, RUNAWAY_RULE, type RunawayRule } from './runaway-rule.ts';
export { explainTask } from './why/explain-task.ts';
export { placeInPipeline } from './pipelines/place-in-pipeline.ts';
