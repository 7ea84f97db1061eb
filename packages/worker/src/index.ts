import '@orchestra-brake/client/needed-node';

export { createCommandHandler, type CommandHandlerOptions, type CommandResult } from './command/command-handler.ts';
export { questionRules, type QuestionRule, type QuestionRuleOf } from './command/question-rules.ts';
export { NeedsInput, needsInput } from './needs-input.ts';
export { NUMBERED_FILES, type NumberedFile } from './numbered-files.ts';
export { endByOutcome, type RunnerEnd } from './runner/end-by-outcome.ts';
export { pipelineGates, type GateOf } from './runner/pipeline-gates.ts';
export { startPreflights, type Preflights, type PreflightsOptions } from './runner/preflights.ts';
export { stagingRunnerHandler, type StagingRunnerOptions } from './runner/staging-runner-handler.ts';
export { testRunnerHandler, type TestProject, type TestRunnerOptions } from './runner/test-runner-handler.ts';
export { createRestReplica } from './pause-watch.ts';
export { type Scheduled } from './scheduled.ts';
export { Disturbance, RunAborted, StoppedAtCheckpoint, TaskFailure } from './stop-reasons.ts';
export { type CheckpointOptions, type TaskContext } from './task-context.ts';
export { type Handler } from './task-run.ts';
export { createWorker, type Worker } from './worker.ts';
export { type WorkerEvents } from './worker-events.ts';
export { type WorkerOptions } from './worker-options.ts';
