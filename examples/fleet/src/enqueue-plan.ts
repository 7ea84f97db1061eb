import type { Client } from '@orchestra-brake/client';
import type { AgentName } from './agents.ts';
import type { PlannedTask } from './plan.ts';

// The service takes a thousand tasks and 256 KiB at once.
const TASKS_PER_CALL = 500;
const BYTES_PER_CALL = 200 * 1024;

/** Adds the tasks in their order, in as few calls as the service's limits allow. Answers their ids, agent by agent. */
export async function enqueuePlan(
  client: Client,
  plan: readonly PlannedTask[],
  signal?: AbortSignal,
): Promise<Record<AgentName, string[]>> {
  const ids: Record<AgentName, string[]> = { skeptic: [], librarian: [], scribe: [] };
  for (const tasks of inCalls(plan)) {
    const answer = await client.enqueue({ tasks }, { signal });
    tasks.forEach((task, at) => {
      const id = answer.ids[at];
      if (id !== undefined) ids[task.agent_id].push(id);
    });
  }
  return ids;
}

/** Splits a plan so that each part fits into one call. */
export function inCalls(plan: readonly PlannedTask[]): PlannedTask[][] {
  const calls: PlannedTask[][] = [];
  let bytes = BYTES_PER_CALL;
  for (const task of plan) {
    const size = Buffer.byteLength(JSON.stringify(task)) + 1;
    const last = calls.at(-1);
    if (last === undefined || bytes + size > BYTES_PER_CALL || last.length === TASKS_PER_CALL) {
      calls.push([task]);
      bytes = size;
    } else {
      last.push(task);
      bytes += size;
    }
  }
  return calls;
}
