export { createDatabaseReplica, type DatabaseReplicaOptions } from './database-replica.ts';
export { REPLICA_ERROR_CODES, ReplicaError, type ReplicaErrorCode } from './errors.ts';
export {
  BELL_CHANNEL,
  createListenHub,
  type ListenHub,
  type ListenHubOptions,
  type ListenHubState,
} from './listen-hub.ts';
export { PauseIndex, type Covered, type PauseCheck } from './pause-index.ts';
export {
  PauseReplica,
  type Checkpoint,
  type Ears,
  type Reading,
  type ReplicaEvents,
  type ReplicaOptions,
} from './replica.ts';
export { NEXT, type ReplicaEvent, type ReplicaState } from './replica-state.ts';
export { type RereadTimings } from './reread-loop.ts';
