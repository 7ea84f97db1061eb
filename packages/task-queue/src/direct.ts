// What a direct worker shares with the services (packages/worker/src/direct): how tasks are searched for, and what is
// said of runs. Nothing here reads a table.
export { CLAIM_SETTINGS } from './claim-statement.ts';
export { ClaimWays } from './claim-ways.ts';
export { answerEndings } from './commands/answer-endings.ts';
export type { EndedRow, TurnRow } from './commands/call-turn.ts';
export type { ClaimOrder } from './commands/claim-order.ts';
export type { Alive } from './commands/heartbeat.ts';
export { readTasks } from './commands/read-tasks.ts';
export { whyNotOwner } from './commands/refuse-run.ts';
export { TaskSearch, type SearchSteps } from './commands/task-search.ts';
