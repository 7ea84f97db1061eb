import type { TaskStatus } from '../contract/index.ts';

/** Everything that can happen to a task and may change its status. */
export const TASK_ACTS = [
  'claim',
  'complete',
  'fail, attempts left',
  'fail for good',
  'release',
  'hold',
  'retry a disturbance',
  'reap',
  'reap, too many crashes',
  'let a held task go on',
  'cancel',
  'retry by an operator',
] as const;
export type TaskAct = (typeof TASK_ACTS)[number];

/** Nothing changes: the act does not find such a task, or refuses it with a reason. */
type Unchanged = 'unchanged';

const nothing: Readonly<Record<TaskAct, Unchanged>> = {
  claim: 'unchanged',
  complete: 'unchanged',
  'fail, attempts left': 'unchanged',
  'fail for good': 'unchanged',
  release: 'unchanged',
  hold: 'unchanged',
  'retry a disturbance': 'unchanged',
  reap: 'unchanged',
  'reap, too many crashes': 'unchanged',
  'let a held task go on': 'unchanged',
  cancel: 'unchanged',
  'retry by an operator': 'unchanged',
};

/**
 * What becomes of a task, for every status and everything that can happen to it. The statements are in the functions of
 * docs/schema.sql (`orchestra_turn`, `end_staged_runs`, `take_away_runs`) and in acts/; a test performs each act on
 * a task of each status and compares.
 */
export const TRANSITIONS: Readonly<Record<TaskStatus, Readonly<Record<TaskAct, TaskStatus | Unchanged>>>> = {
  queued: { ...nothing, claim: 'running', cancel: 'cancelled' },
  running: {
    ...nothing,
    complete: 'succeeded',
    'fail, attempts left': 'queued',
    'fail for good': 'failed',
    release: 'queued',
    hold: 'held',
    'retry a disturbance': 'queued',
    reap: 'queued',
    'reap, too many crashes': 'failed',
  },
  held: { ...nothing, 'let a held task go on': 'queued', cancel: 'cancelled' },
  failed: { ...nothing, 'retry by an operator': 'queued' },
  cancelled: { ...nothing, 'retry by an operator': 'queued' },
  succeeded: nothing,
};
