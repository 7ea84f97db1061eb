import './needed-node.ts';

export { backoffMs, type Backoff } from '@orchestra/timing';
export { connectionReason, type ConnectionReason } from './connection-reason.ts';
export { createClient, type ChangeOptions, type Client, type ClientOptions } from './client.ts';
export { AnswerError, ApiError, ConnectionError, type ConnectionFailure, type ServiceName } from './errors.ts';
export type { EventsOptions, ReceivedEvent, StreamState } from './event-stream.ts';
export { askedWaitMs, isTransient, type CallOptions, type WatchedCall } from './send.ts';
export {
  clientSettingsFromEnv,
  DEFAULT_TASKS_URL,
  DEFAULT_URL,
  type ClientSettings,
  type SettingOrigin,
  type SettingOrigins,
} from './settings.ts';
