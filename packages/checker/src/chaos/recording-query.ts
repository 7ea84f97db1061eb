import { isDatabaseUnavailable } from '@orchestra/database';
import pg from 'pg';
import { z } from 'zod';
import type { Line } from './recorded-call.ts';
import type { Recorder } from './recorder.ts';

type Invoke = Extract<Line, { op: 'claim' | 'heartbeat' | 'finish'; phase: 'invoke' }>;

const HOW = { completed: 'complete', failed: 'fail', released: 'release' } as const;
const sent = z.object({ text: z.string(), values: z.array(z.unknown()) });
const endings = z.array(
  z.object({ as: z.enum(['completed', 'failed', 'released']), id: z.string(), run_id: z.string() }),
);
const beats = z.array(z.object({ id: z.string(), run_id: z.string() }));
const claimed = z.array(
  z.object({
    id: z.string(),
    run_id: z.string(),
    attempt: z.number(),
    agent_id: z.string().nullable(),
    skill: z.string().nullable(),
    quest_id: z.string().nullable(),
    actor_id: z.string().nullable(),
  }),
);
const turned = z.object({
  rows: z.tuple([
    z.object({
      ended: z.array(z.object({ n: z.number(), status: z.string() })).nullable(),
      tasks: z.string().nullable(),
    }),
  ]),
});
const beaten = z.object({ rows: z.tuple([z.object({ alive: z.array(z.object({ n: z.number() })) })]) });

/** How many tasks a claim wants, among the values of `orchestra_work`. */
const WANTED_AT = 6;

/**
 * Writes lines in the history before and after each call that a direct worker makes about tasks, as `recordingFetch`
 * does over HTTP. It looks at the statements that go to the database, and knows nothing of the library that it
 * observes.
 */
export function recordQueries(recorder: Recorder): void {
  const plain: unknown = Reflect.get(pg.Pool.prototype, 'query');
  if (typeof plain !== 'function') throw new TypeError('pg has no query to record');
  Object.defineProperty(pg.Pool.prototype, 'query', {
    configurable: true,
    writable: true,
    value: async function query(this: pg.Pool, ...call: unknown[]): Promise<unknown> {
      const invokes = invokesOf(call[0]).map((invoke) => ({ ...invoke, id: recorder.nextId() }));
      for (const invoke of invokes) recorder.write(invoke);
      try {
        const answer: unknown = await Reflect.apply(plain, this, call);
        for (const [index, { id, ...invoke }] of invokes.entries())
          recorder.write({ ...endOf(invoke, index + 1, answer), id });
        return answer;
      } catch (error) {
        // What was cut off may have been carried out.
        const phase = isDatabaseUnavailable(error) ? 'info' : 'fail';
        for (const { id, op } of invokes)
          recorder.write({ op, phase, why: error instanceof Error ? error.message : String(error), id });
        throw error;
      }
    },
  });
}

/** Endings and heartbeats in the order in which they are numbered, then the claim. */
function invokesOf(statement: unknown): Invoke[] {
  const parsed = sent.safeParse(statement);
  if (!parsed.success) return [];
  const { text, values } = parsed.data;
  const list = typeof values[0] === 'string' ? values[0] : '[]';
  if (text.includes('orchestra_work_beat('))
    return beats
      .parse(JSON.parse(list))
      .map(({ id: task, run_id: run }) => ({ op: 'heartbeat', phase: 'invoke', task, run }));
  if (!text.includes('orchestra_work(')) return [];
  const ends = endings
    .parse(JSON.parse(list))
    .map(({ as, id: task, run_id: run }): Invoke => ({ op: 'finish', phase: 'invoke', task, run, how: HOW[as] }));
  return values[WANTED_AT] === null ? ends : [...ends, { op: 'claim', phase: 'invoke' }];
}

/** @param n which of the endings or heartbeats it is, counted from 1 */
function endOf(invoke: Invoke, n: number, answer: unknown): Line {
  if (invoke.op === 'heartbeat') {
    const {
      rows: [{ alive }],
    } = beaten.parse(answer);
    return alive.some((one) => one.n === n)
      ? { ...invoke, phase: 'ok' }
      : { op: 'heartbeat', phase: 'fail', why: 'the run is not alive' };
  }
  const {
    rows: [{ ended, tasks }],
  } = turned.parse(answer);
  if (invoke.op === 'claim') {
    return {
      op: 'claim',
      phase: 'ok',
      tasks: claimed.parse(JSON.parse(tasks ?? '[]')).map((task) => ({
        task: task.id,
        run: task.run_id,
        attempt: task.attempt,
        agent: task.agent_id,
        skill: task.skill,
        quest: task.quest_id,
        actor: task.actor_id,
      })),
    };
  }
  const mine = ended?.find((one) => one.n === n);
  return mine === undefined
    ? { op: 'finish', phase: 'fail', why: 'this call has not ended it' }
    : { ...invoke, phase: 'ok', status: mine.status };
}
