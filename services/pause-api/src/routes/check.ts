import type { Queryable } from '@orchestra/database';
import { listActivePauses, PauseIndex, toPauseView, type PauseReplica } from '@orchestra/pause-core';
import { checkAnswer, checkQuery } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';

export function checkRoute({ db, replica }: { db: Queryable; replica: PauseReplica }): Route {
  return route({
    method: 'get', path: '/api/senate/pauses/check', permission: 'read',
    summary: 'is work with these labels paused?',
    description: 'Answered from memory, also while the database is away: `stale` says so then. The claim does not rely on this; it reads the rows.',
    query: checkQuery, answer: checkAnswer,
    handle: async ({ query }) => {
      const labels = { agentId: query.agent_id, skill: query.skill, questId: query.quest_id, actorId: query.actor_id };
      // A replica that has never read anything would say "not paused" for want of knowledge (P13).
      const covered = replica.known ? replica.isPaused(labels) : new PauseIndex(await listActivePauses(db), performance.now()).find(labels);
      return {
        paused: covered?.paused ?? false,
        reason: covered?.reason ?? null,
        pause: covered === undefined || covered.pause === null ? null : toPauseView(covered.pause),
        stale: replica.known && replica.stale,
      };
    },
  });
}
