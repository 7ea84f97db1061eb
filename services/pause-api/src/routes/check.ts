import type { Queryable } from '@orchestra/database';
import { listActivePauses, PauseIndex, toPauseView, type PauseReplica } from '@orchestra/pause-core';
import { checkAnswer, checkQuery } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import { LabelLooks } from '../label-looks.ts';

export function checkRoute({ db, replica }: { db: Queryable; replica: PauseReplica }): Route {
  const looks = new LabelLooks(db);
  return route({
    method: 'get',
    path: '/api/senate/pauses/check',
    permission: 'ask',
    summary: 'is work with these labels paused?',
    description:
      'Answered from memory, also while the database is away: `stale` says so then. The claim does not ' +
      'rely on this; it reads the rows. `unknown_labels` names labels that nothing has ever carried.',
    query: checkQuery,
    answer: checkAnswer,
    handle: async ({ query, log }) => {
      const labels = { agentId: query.agent_id, skill: query.skill, questId: query.quest_id, actorId: query.actor_id };
      // A replica that has never read anything would say "not paused" for want of knowledge (P13).
      const covered = replica.known
        ? replica.isPaused(labels)
        : new PauseIndex(await listActivePauses(db), performance.now()).find(labels);
      const stale = replica.known && replica.stale;
      const unknown = covered?.paused ? [] : stale ? null : await looks.unknownOf(labels, log);
      return {
        paused: covered?.paused ?? false,
        reason: covered?.reason ?? null,
        pause: covered === undefined || covered.pause === null ? null : toPauseView(covered.pause),
        stale,
        ...(unknown?.length === 0 ? {} : { unknown_labels: unknown }),
      };
    },
  });
}
