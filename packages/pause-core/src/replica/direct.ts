// What a copy of the pauses needs that is fed by the database, for programs that are no services
// (packages/worker/src/direct).
export { listActivePauses } from '../queries/active-pauses.ts';
export { createListenHub, TASKS_CHANNEL, type ListenHub } from './listen-hub.ts';
export { readNamedPause } from './named-pause.ts';
export { PauseIndex } from './pause-index.ts';
