// Runs a command that would go on for ever and ignores TERM, for a test that kills this process meanwhile.
import { createCommandHandler } from '../src/index.ts';
import { CursorKeeper } from '../src/cursor-keeper.ts';
import { LateAbort } from '../src/late-abort.ts';
import { createTaskContext } from '../src/task-context.ts';

const handler = createCommandHandler({
  command: ['/bin/sh', '-c', 'trap "" TERM; cat > /dev/null; echo $$ > orphan; while :; do sleep 1; done'],
  graceMs: 300,
});
await handler(
  {
    id: '7',
    run_id: crypto.randomUUID(),
    repo: null,
    agent_id: null,
    skill: null,
    quest_id: null,
    actor_id: null,
    priority: 0,
    payload: {},
    attempt: 1,
    max_attempts: 3,
    cursor: null,
    questions: null,
    answer: null,
    lease_seconds: 60,
  },
  createTaskContext({
    formerCursor: null,
    cursor: new CursorKeeper(null),
    end: new LateAbort(),
    look: () => ({ stop: false }),
    log: () => {},
    onStop: () => {},
  }),
);
