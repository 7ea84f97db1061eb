import type { Client } from '@orchestra-brake/client';
import { withTimeout } from '@orchestra/timing';
import {
  BELL_MAX_MS,
  CANARY_REASON,
  CANARY_TASK,
  CANARY_TTL_SECONDS,
  CANARY_WORKER,
  STREAM_BEGINS_MAX_MS,
  type CanaryWay,
} from './canary.ts';

/**
 * The proof over the services: the bell is heard when the event stream tells of the pause.
 *
 * @param beginsMaxMs how long the stream may take to begin
 */
export function canaryByApi(client: Client, beginsMaxMs = STREAM_BEGINS_MAX_MS): CanaryWay {
  return {
    pause: (agent) =>
      client.pause({ scope_kind: 'agent', scope_value: agent, reason: CANARY_REASON, ttl_seconds: CANARY_TTL_SECONDS }),
    add: async (agent) => {
      const {
        ids: [id],
      } = await client.enqueue({ ...CANARY_TASK, agent_id: agent });
      if (id === undefined) throw new Error('the service took the task and named no id');
      return id;
    },
    claim: async (agent) => (await client.claim({ worker: CANARY_WORKER, agents: [agent], limit: 1 })).tasks[0],
    clear: async (id) => {
      await client.unpause({ id, reason: CANARY_REASON });
    },
    complete: async (id, runId) => {
      await client.complete(id, { run_id: runId });
    },
    look: (id) => client.task(id),
    park: async (id) => {
      await client.park({ task_id: id, reason: 'left behind by orchestra doctor' });
    },
    listen: async (agent, signal) => {
      const begun = Promise.withResolvers<void>();
      const heard = Promise.withResolvers<number>();
      const follow = async (): Promise<void> => {
        for await (const { event } of client.events({ signal })) {
          if (event.type === 'snapshot') begun.resolve();
          else if (event.type === 'pause.created' && event.data.scope_value === agent) heard.resolve(performance.now());
        }
        begun.reject(new Error('the event stream ended before it began'));
      };
      follow().catch((error: unknown) => begun.reject(error instanceof Error ? error : new Error(String(error))));
      const late = setTimeout(
        () =>
          begun.reject(
            new Error(
              `the event stream did not begin within ${beginsMaxMs / 1_000} s: something between here and ` +
                'pause-api may keep it back',
            ),
          ),
        beginsMaxMs,
      );
      await begun.promise.finally(() => clearTimeout(late));
      const from = performance.now();
      return () => within(heard.promise, from);
    },
  };
}

/** @returns how long after `from` it was heard; undefined: not within what a bell takes */
export async function within(heard: Promise<number>, from: number): Promise<number | undefined> {
  const at = await withTimeout(heard, BELL_MAX_MS, () => undefined);
  return at === undefined ? undefined : at - from;
}
