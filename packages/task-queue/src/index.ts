export type { FailedRow, OnFailedRow } from './sql/row-by-row.ts';
export { CLAIM_SETTINGS } from './claim/claim-statement.ts';
export { ClaimStrategyCache } from './turn/claim-strategy.ts';
export { actOnTasks, previewAct, type Act, type ActOrder } from './acts/act-on-tasks.ts';
export { advanceHorizon } from './lanes/advance-horizon.ts';
export { announceQuiet } from './pauses/announce-quiet.ts';
export { answerQuestion } from './questions/answer-question.ts';
export { askQuestion, type AutoParkRepos } from './questions/ask-question.ts';
export { LEASE_SECONDS } from './turn/call-turn.ts';
export { waitsForGates, type ClaimOrder } from './turn/claim-order.ts';
export { CANCEL } from './acts/cancel-tasks.ts';
export { claimTasks, claimTasksOnce } from './claim/claim-tasks.ts';
export { deferPaused } from './lanes/defer-paused.ts';
export { dropEmptyLanes } from './lanes/drop-empty-lanes.ts';
export { completeRun, failRun, holdRun, releaseRun, retryRun, type Disturbance } from './runs/finish-run.ts';
export { finishRuns } from './runs/finish-runs.ts';
export { endStoppedRun, fenceStops } from './stops/end-stopped-runs.ts';
export { enqueueTasks, type TaskToAdd } from './tasks/enqueue-tasks.ts';
export { freezeRepo, limitRepo, thawRepo } from './gates/freeze-repo.ts';
export { healQueued } from './reaper/heal-queued.ts';
export { heartbeat } from './runs/heartbeat.ts';
export { admitDueTasks } from './lanes/admit-due-tasks.ts';
export { alertOfProof, BRAKE_NOT_PROVED, noteProof, setProofPeriod, takeProofTurn } from './proof/note-proof.ts';
export { proveBrake, PROVER } from './proof/prove-brake.ts';
export {
  lookAfterReleases,
  releaseBacklog,
  RELEASER,
  stopRelease,
  type ReleaseOrder,
} from './releases/release-backlog.ts';
export { lastRelease } from './releases/releases.ts';
export { advanceProbes, PROBER, type ProbesRound } from './probes/advance-probes.ts';
export { unmarkLeftOver } from './probes/unmark-probe.ts';
export { moveTasks } from './acts/move-tasks.ts';
export { parkTask, unparkTask, type ParkedBy } from './gates/park-task.ts';
export { readTriage, triageBacklog, type TriageOrder } from './triage/triage-backlog.ts';
export { markStarted } from './runs/mark-started.ts';
export { forgetOldSightings, recordWorkerPolls, type Sighting } from './workers/record-worker-polls.ts';
export { unpauseWithAnswer } from './pauses/unpause-with-answer.ts';
export { pauseWithReceipt, previewPause } from './pauses/pause-with-receipt.ts';
export { raiseRunawayAlerts, WATCHDOG } from './watchdog/raise-runaway-alerts.ts';
export { advanceLaneHeads } from './lanes/advance-heads.ts';
export { deleteOldTasks, type ForgetMark, type Forgotten } from './tasks/delete-old-tasks.ts';
export { noteIdleReaperTick, noteReaperTick } from './reaper/note-reaper-tick.ts';
export { reportPreflight } from './pipelines/report-preflight.ts';
export { RUN_REFUSALS } from './turn/not-owner.ts';
export { resumeHeld } from './questions/resume-held.ts';
export { retryTasks } from './acts/retry-tasks.ts';
export type { Selection } from './acts/selected-tasks.ts';
export { forgetOldStops, settleStops } from './stops/settle-stops.ts';
export { stopRuns, type RunsToStop, type StopOrder } from './stops/stop-runs.ts';
export { reapDeadProcesses, reapFormerBoots, reapRuns } from './reaper/reap-runs.ts';
export { sumUpMinutes } from './stats/sum-up-minutes.ts';
export { sumUpTotals } from './stats/sum-up-totals.ts';
export { writeQueueSettings, type QueueSettings } from './settings/write-settings.ts';
export { tasksOf, turn, type Turn, type TurnAnswer } from './claim/end-and-claim.ts';
export { TaskError } from './errors.ts';
export type { GatedRepos } from './sql/predicates.ts';
export type { HorizonLook } from './lanes/horizon-look.ts';
export { listActivePauseViews, listPausesWithAttached, viewActivePauses } from './pauses/active-pause-views.ts';
export { readLiveStats } from './stats/live-stats.ts';
export { lookForWork, type OpenWork } from './claim/open-work.ts';
export { classifyProcess, type Here, type RunProcess } from './reaper/classify-process.ts';
export { readLabelNumbers, type LabelsOrder } from './stats/label-numbers.ts';
export { readLabelPage } from './stats/label-page.ts';
export { unknownLabels } from './pauses/label-known.ts';
export { search } from './labels/search.ts';
export { readWorkers } from './workers/workers-view.ts';
export { readQueueRates } from './stats/queue-rates.ts';
export { readPausePage } from './pauses/pause-page.ts';
export { verifyClaims, verifyEverything, type VerifyOrder } from './claim/verify-claims.ts';
export { readBrakeProof } from './proof/brake-proof.ts';
export { readQueueView } from './stats/queue-view.ts';
export { findRepoGate, readSerialGate, REPOS_LISTED_MAX } from './gates/serial-gate-view.ts';
export { findRunawayRuns, type RunawayRun } from './watchdog/runaway-runs.ts';
export { listRunsFromHere, type RunFromHere } from './reaper/local-runs.ts';
export { readRunners } from './pipelines/runners-view.ts';
export { readStop } from './stops/stop-view.ts';
export { findTaskOutput } from './runs/task-output.ts';
export { refuseWhereNobodyIsAsked, type QuestionRepos } from './questions/may-ask.ts';
export { viewPipelines } from './settings/pipelines-view.ts';
export { nextStep, type Left, type StageOutcome, type Step } from './pipelines/next-step.ts';
export { parsePipelines, StagesError } from './pipelines/parse-pipelines.ts';
export { DEFAULT_PIPELINES, findPipeline, findStage, type Pipeline, type Stage } from './pipelines/pipeline.ts';
export { DEFAULT_STAGE_RULES, makeStageRules, TRANSIENT_RETRIES, type StageRules } from './pipelines/stage-rules.ts';
export {
  NO_RUNNERS,
  keptForRunners,
  type RunnerReservations,
  type RunnerRepos,
  type RunnerSwitches,
} from './pipelines/runner-reservations.ts';
export { traceLinks, type KeptTrace } from './claim/trace-links.ts';
export { findTask, listTaskEvents, listTasks, type TaskFilter } from './tasks/list-tasks.ts';
export { RUNAWAY_LOOK_BACK_MS, RUNAWAY_RULE, type RunawayRule } from './watchdog/runaway-rule.ts';
export { explainTask } from './why/explain-task.ts';
export { placeInPipeline } from './pipelines/place-in-pipeline.ts';
