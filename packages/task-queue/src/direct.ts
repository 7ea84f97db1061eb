// What a direct worker shares with the services (packages/worker/src/direct): how tasks are searched for, and what is
// said of runs. Nothing here reads a table.
export { CLAIM_SETTINGS } from './claim/claim-statement.ts';
export { ClaimStrategyCache } from './turn/claim-strategy.ts';
export { answerFinished } from './turn/answer-finished.ts';
export type { EndedRow, TurnRow } from './turn/call-turn.ts';
export type { ClaimOrder } from './turn/claim-order.ts';
export type { Alive } from './runs/heartbeat.ts';
export { readTasks } from './turn/read-tasks.ts';
export { explainNotOwner } from './turn/not-owner.ts';
export { TaskSearch, type SearchSteps } from './turn/task-search.ts';
