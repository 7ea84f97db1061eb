import type { ClaimedTask } from '@orchestra/task-queue/contract';
import { describe, expect, test } from 'vitest';
import { commandEnvironment } from './environment.ts';

const task: ClaimedTask = {
  id: '7',
  run_id: 'b5e0f0a2-96cc-4b3c-9d6a-0d4b2a0e7d11',
  repo: null,
  agent_id: 'skeptic',
  skill: 'lint',
  quest_id: null,
  actor_id: 'u-1',
  priority: 0,
  payload: { a: 1 },
  attempt: 2,
  max_attempts: 3,
  cursor: null,
  questions: null,
  answer: null,
  lease_seconds: 60,
};

describe('the environment of a command', () => {
  test('says which task it is and what it is about', () => {
    expect(commandEnvironment(task, '{"a":1}', { PATH: '/bin' })).toEqual({
      PATH: '/bin',
      ORCHESTRA_INSIDE_COMMAND: '1',
      ORCHESTRA_TASK_ID: '7',
      ORCHESTRA_RUN_ID: task.run_id,
      ORCHESTRA_ATTEMPT: '2',
      ORCHESTRA_AGENT_ID: 'skeptic',
      ORCHESTRA_SKILL: 'lint',
      ORCHESTRA_ACTOR_ID: 'u-1',
      ORCHESTRA_PAYLOAD: '{"a":1}',
    });
  });

  test('a label that the task lacks is not inherited from an outer task', () => {
    expect(commandEnvironment(task, '{}', { ORCHESTRA_QUEST_ID: 'outer', ORCHESTRA_REPO: 'outer' })).not.toHaveProperty(
      'ORCHESTRA_QUEST_ID',
    );
  });

  test('a payload that a variable cannot hold is left to stdin', () => {
    expect(commandEnvironment(task, '"'.padEnd(100_001, 'x'), { ORCHESTRA_PAYLOAD: 'outer' })).not.toHaveProperty(
      'ORCHESTRA_PAYLOAD',
    );
  });

  test('holds nothing with which a command could clear its own pause, unless it is given on purpose', () => {
    const own = {
      ORCHESTRA_TOKEN: 'orc_t',
      DATABASE_URL: 'postgresql://x',
      ORCHESTRA_HOME: '/h',
      XDG_CONFIG_HOME: '/c',
      PGSERVICE: 'x',
    };
    expect(commandEnvironment(task, '{}', own, { ORCHESTRA_TOKEN: 'orc_worker' })).toMatchObject({
      ORCHESTRA_TOKEN: 'orc_worker',
    });
    for (const name of Object.keys(own)) expect(commandEnvironment(task, '{}', own)).not.toHaveProperty(name);
  });
});
