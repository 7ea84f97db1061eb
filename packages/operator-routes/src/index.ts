export { operatorRoutes, type DeskOptions } from './operator-routes.ts';
export { onOrOff, QUEUE_SETTINGS, readQueueRules, repoList, reposOf, type QueueRules } from './queue-rules.ts';
