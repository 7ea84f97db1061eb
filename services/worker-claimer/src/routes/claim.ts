import { route, type Route } from '@orchestra/service-shell';
import type { ClaimOrder } from '@orchestra/task-queue';
import { claimAnswer, claimRequest } from '@orchestra/task-queue/contract';
import { claimForCaller, type ClaimPlace } from '../claim-for-caller.ts';
import type { WaitingRoom } from '../waiting/waiting-room.ts';

export function claimRoute({ place, room, leaseSeconds }: { place: ClaimPlace; room: WaitingRoom; leaseSeconds: number }): Route {
  return route({
    method: 'post', path: '/api/tasks/claim', permission: 'run_tasks',
    summary: 'take tasks for a worker',
    description: 'By priority, then by place, and none that an active pause covers. Where there is none, the call waits up to `wait_seconds` for one and then answers an empty list. '
      + 'Send heartbeats well within `lease_seconds`, or the run is taken away. With an `Idempotency-Key`, a repeated call gets the tasks of the first one that are still its own; '
      + 'without one, the tasks of a caller that goes away before its answer go back to the queue.',
    body: claimRequest, answer: claimAnswer,
    handle: async ({ body, idempotency, gone, log }) => {
      const { worker, agents, skills, limit, host, pid } = body;
      const order: ClaimOrder = { worker, agents, skills, limit, host, pid, leaseSeconds };
      const attempt = () => claimForCaller(place, order, { idempotency, gone, log });
      const callsSeen = room.calls;
      const tasks = await attempt();
      if (tasks.length > 0 || body.wait_seconds === 0) return { tasks };
      return { tasks: await room.wait({ want: { agents, skills }, attempt, waitMs: body.wait_seconds * 1_000, gone, callsSeen }) };
    },
  });
}
