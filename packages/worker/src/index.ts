export { createCommandHandler, type CommandHandlerOptions, type CommandResult } from './command/command-handler.ts';
export { createRestReplica } from './pause-watch.ts';
export { type Scheduled } from './scheduled.ts';
export { RunAborted, StoppedAtCheckpoint, TaskFailure } from './stop-reasons.ts';
export { type CheckpointOptions, type TaskContext } from './task-context.ts';
export { type Handler } from './task-run.ts';
export { createWorker, type Worker } from './worker.ts';
export { type WorkerEvents } from './worker-events.ts';
export { type WorkerOptions } from './worker-options.ts';
