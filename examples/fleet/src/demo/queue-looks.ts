import type { Client } from '@orchestra-brake/client';
import { NotHeld } from '@orchestra/example-acceptance';
import type { TaskEventView, TaskStatus, TaskView } from '@orchestra/task-queue/contract';
import type { AgentName } from '../agents.ts';

const PAGE = 200;
const PAGES_MAX = 50;
const AT_ONCE = 8;

/** An agent's tasks in their order in the queue: priority, then place. */
export async function tasksOf(client: Client, agent: AgentName, status?: TaskStatus): Promise<TaskView[]> {
  const all: TaskView[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await client.tasks({ agent_id: agent, status, limit: PAGE, cursor });
    all.push(...answer.tasks);
    if (answer.next_cursor === null) return all.toSorted((a, b) => a.priority - b.priority || byId(a, b));
    cursor = answer.next_cursor;
  }
  throw new NotHeld(`${agent} has more than ${PAGE * PAGES_MAX} tasks`);
}

/** What happened to a task, oldest first. */
export async function eventsOf(client: Client, taskId: string): Promise<TaskEventView[]> {
  const answer = await client.taskEvents(taskId, { limit: PAGE });
  if (answer.next_cursor !== null) throw new NotHeld(`more than ${PAGE} things happened to task ${taskId}`);
  return answer.events;
}

/** Every time that one of the agent's tasks was claimed, in the order in which it happened. */
export async function claimsOf(client: Client, agent: AgentName): Promise<TaskEventView[]> {
  const tasks = await tasksOf(client, agent);
  const claims: TaskEventView[] = [];
  for (let at = 0; at < tasks.length; at += AT_ONCE) {
    const some = await Promise.all(tasks.slice(at, at + AT_ONCE).map(({ id }) => eventsOf(client, id)));
    claims.push(...some.flat().filter(({ kind }) => kind === 'claimed'));
  }
  return claims.toSorted(byId);
}

function byId(a: { id: string }, b: { id: string }): number {
  return Number(BigInt(a.id) - BigInt(b.id));
}
