export { deskRoutes, type DeskOptions } from './desk-routes.ts';
export { onOrOff, QUEUE_SETTINGS, readQueueRules, repoList, reposOf, type QueueRules } from './queue-rules.ts';
