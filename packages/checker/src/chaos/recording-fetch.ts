import { z } from 'zod';
import type { FinishKind, RecordedClaim } from '../history/event.ts';
import type { Line } from './recorded-call.ts';
import type { Recorder } from './recorder.ts';

type Invoke = Extract<Line, { op: 'claim' | 'heartbeat' | 'finish'; phase: 'invoke' }>;

const HOW = { completed: 'complete', failed: 'fail', released: 'release' } as const;
const ending = z.object({ as: z.enum(['completed', 'failed', 'released']), id: z.string(), run_id: z.string() });
const sentEndings = z.object({ ended: z.array(ending).default([]) });
const sentRun = z.object({ run_id: z.string() });
const claimed = z.object({
  id: z.string(),
  run_id: z.string(),
  attempt: z.number(),
  agent_id: z.string().nullable(),
  skill: z.string().nullable(),
  quest_id: z.string().nullable(),
  actor_id: z.string().nullable(),
});
const ended = z.object({ run_id: z.string(), outcome: z.string(), status: z.string().nullable() });
const answered = z.object({
  tasks: z.array(claimed).default([]),
  ended: z.array(ended).default([]),
  status: z.string().default(''),
});

const OF_RUN = /\/api\/tasks\/(\d+)\/(heartbeat|complete|fail|release)$/;

/**
 * `fetch`, with lines in the history before and after each call that a worker makes about tasks: what it claims, keeps
 *   alive and ends, one line for each, also where one call does several of these. It looks at what goes over the wire,
 *   so it knows nothing of the library that it observes.
 */
export function recordingFetch(recorder: Recorder, fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const invokes = invokesOf(pathname, typeof init?.body === 'string' ? init.body : '{}').map((invoke) => ({
      ...invoke,
      id: recorder.nextId(),
    }));
    if (invokes.length === 0) return fetch(input, init);
    for (const invoke of invokes) recorder.write(invoke);
    try {
      const response = await fetch(input, init);
      const text = await response.text();
      for (const { id, ...invoke } of invokes) recorder.write({ ...endOf(invoke, response.status, text), id });
      return new Response(text, { status: response.status, headers: response.headers });
    } catch (error) {
      for (const { id, op } of invokes)
        recorder.write({ op, phase: 'info', why: error instanceof Error ? error.message : String(error), id });
      throw error;
    }
  };
}

function invokesOf(path: string, body: string): Invoke[] {
  if (path === '/api/tasks/claim') return [{ op: 'claim', phase: 'invoke' }, ...endings(body)];
  if (path === '/api/tasks/finish') return endings(body);
  const [, task, what] = OF_RUN.exec(path) ?? [];
  if (task === undefined) return [];
  const { run_id: run } = sentRun.parse(JSON.parse(body));
  return [
    what === 'heartbeat'
      ? { op: 'heartbeat', phase: 'invoke', task, run }
      : { op: 'finish', phase: 'invoke', task, run, how: what as FinishKind },
  ]; // the pattern names no other
}

function endings(body: string): Invoke[] {
  return sentEndings
    .parse(JSON.parse(body))
    .ended.map(({ as, id: task, run_id: run }) => ({ op: 'finish', phase: 'invoke', task, run, how: HOW[as] }));
}

function endOf(invoke: Invoke, status: number, text: string): Line {
  const why = `${status} ${text.slice(0, 200)}`;
  // 503 is also the answer to a call whose connection to the database was lost: it may have been carried out. 408 is
  // none to the call: it did not arrive.
  if (status >= 500 || status === 408 || (status === 409 && text.includes('idempotency_key_in_use')))
    return { op: invoke.op, phase: 'info', why };
  if (status >= 400) return { op: invoke.op, phase: 'fail', why };
  const answer = answered.parse(JSON.parse(text));
  switch (invoke.op) {
    case 'claim':
      return { op: 'claim', phase: 'ok', tasks: answer.tasks.map(toClaim) };
    case 'heartbeat':
      return { ...invoke, phase: 'ok' };
    case 'finish': {
      const mine = answer.ended.find((one) => one.run_id === invoke.run);
      if (mine?.outcome === 'refused') return { op: 'finish', phase: 'fail', why: 'refused, among other endings' };
      return { ...invoke, phase: 'ok', status: mine?.status ?? answer.status };
    }
  }
}

function toClaim(task: z.infer<typeof claimed>): RecordedClaim {
  return {
    task: task.id,
    run: task.run_id,
    attempt: task.attempt,
    agent: task.agent_id,
    skill: task.skill,
    quest: task.quest_id,
    actor: task.actor_id,
  };
}
