// A service that always has tasks: it answers each claim at once, and keeps nothing. So what is left is the cost of who
// asks.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { z } from 'zod';

const claim = z.looseObject({
  limit: z.number().default(1),
  ended: z.array(z.looseObject({ id: z.string(), run_id: z.string() })).default([]),
});
const RUN_ID = '0b6d3c1e-6d1f-4f5e-9b5e-2a6f7c1d2e3f';
const NOTHING_PAUSED = JSON.stringify({ age_ms: 0, version: '1', pauses: [] });
let tasks = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      const body = Buffer.from(answerTo(request.url ?? '', Buffer.concat(chunks).toString()));
      response
        .writeHead(body.length === 0 ? 503 : 200, { 'content-type': 'application/json', 'content-length': body.length })
        .end(body);
    });
});

function answerTo(path: string, text: string): string {
  if (path.startsWith('/api/senate/pauses/active')) return NOTHING_PAUSED;
  if (!path.startsWith('/api/tasks/')) return ''; // no event stream: the pauses are read by the clock
  const { limit, ended } = claim.parse(JSON.parse(text));
  return JSON.stringify({
    ...(path.endsWith('/claim') ? { tasks: Array.from({ length: limit }, task) } : {}),
    ended: ended.map(({ id, run_id }) => ({
      id,
      run_id,
      outcome: 'accepted',
      status: 'succeeded',
      next_eligible_at: null,
      refused: null,
    })),
  });
}

function task(): object {
  return {
    id: String(++tasks),
    run_id: RUN_ID,
    agent_id: 'agent',
    skill: 'skill',
    quest_id: null,
    actor_id: null,
    repo: null,
    priority: 100,
    payload: { n: tasks },
    attempt: 1,
    max_attempts: 3,
    cursor: null,
    questions: null,
    answer: null,
    probe_of: null,
    pipeline: null,
    stage: null,
    lease_seconds: 60,
  };
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('a TCP server without an address');
process.send?.({ url: `http://127.0.0.1:${address.port}` });
process.on('disconnect', () => process.exit());
