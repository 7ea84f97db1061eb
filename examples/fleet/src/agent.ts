// One agent's worker, as a process of its own: `node src/agent.ts --agent skeptic [--pace MS]`. Finds the services as
// every client does. Ends on SIGTERM or SIGINT once its task is done or put back, or when the process that started it
// is gone.
import { parseArgs } from 'node:util';
import { createWorker } from '@orchestra-brake/worker';
import { AGENT_NAMES } from './agents.ts';
import type { AgentMessage } from './agent-message.ts';
import { handlersOf } from './handlers.ts';
import { wholeNumber } from './whole-number.ts';

const DRAIN_MS = 5_000;

const { values } = parseArgs({ options: { agent: { type: 'string' }, pace: { type: 'string', default: '0' } } });
const agent = AGENT_NAMES.find((name) => name === values.agent);
if (agent === undefined) {
  process.stderr.write(`--agent must be one of ${AGENT_NAMES.join(', ')}\n`);
  process.exit(2);
}

function tell(message: AgentMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {}); // the fleet may have gone meanwhile
  else if (process.send === undefined) process.stdout.write(`${JSON.stringify(message)}\n`);
}

const worker = createWorker({
  name: `${agent}-${process.pid}`,
  agents: [agent],
  handlers: handlersOf(agent, { paceMs: wholeNumber('--pace', values.pace, { max: 60_000 }) }),
  drainMs: DRAIN_MS,
});

worker
  .on('started', ({ worker: name }) => tell({ kind: 'started', worker: name }))
  .on('finished', ({ task }) => tell({ kind: 'ended', id: task.id, status: 'succeeded' }))
  .on('failed', ({ task, error, status }) => {
    tell({ kind: 'trouble', what: `task ${task.id} (${task.skill}) failed: ${error}` });
    if (status === 'failed') tell({ kind: 'ended', id: task.id, status });
  })
  .on('stopped-at-checkpoint', ({ task, reason }) =>
    tell({ kind: 'stopped_at_checkpoint', id: task.id, skill: task.skill ?? '', reason }),
  )
  .on('run-lost', ({ task, why }) => tell({ kind: 'trouble', what: `task ${task.id} was taken away: ${why}` }))
  .on('claim-failed', ({ error, failures }) => {
    if (failures === 1) tell({ kind: 'trouble', what: `cannot claim: ${error.message}` });
  });

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
process.on('disconnect', () => void stop());

async function stop(): Promise<void> {
  await worker.stop();
  if (process.connected) process.disconnect();
}

await worker.start();
