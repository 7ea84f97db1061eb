import type { Database } from '@orchestra/database';
import { listActivePauses, listGates, PauseIndex } from '@orchestra/pause-core';
import {
  checkAnswer,
  GATE_REPORT_EVERY_MS,
  gateQuestion,
  gateReport,
  gateReportAnswer,
  turnGates,
} from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import type { GateReports } from '../gate-reports.ts';
import { noteAsked, stepAnswer } from '../step-gate.ts';

export function turnGateRoutes({ db, gateReports }: { db: Database; gateReports: GateReports }): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/turn-gates/ask',
      permission: 'ask',
      summary: 'may a step with these labels begin? Asks the database',
      description:
        'For gates that keep no copy of the pauses, and for steps that must not begin once a pause has ' +
        'committed. While the database is away it is refused with `database_unavailable`: ' +
        'take that for "do not begin". With `gate` a refusal is counted under that name.',
      body: gateQuestion,
      answer: checkAnswer.omit({ unknown_labels: true }),
      handle: async ({ body, caller }) => {
        const labels = { agentId: body.agent_id, skill: body.skill, questId: body.quest_id, actorId: body.actor_id };
        const covered = new PauseIndex(await listActivePauses(db), performance.now()).find(labels);
        if (body.gate !== undefined) noteAsked(gateReports, { name: body.gate, kind: 'ask', caller }, labels, covered);
        return { ...stepAnswer(covered), stale: false };
      },
    }),
    route({
      method: 'post',
      path: '/api/turn-gates/report',
      permission: 'ask',
      refuses: ['too_many_waiters'],
      summary: 'a gate says which pauses it knows, and what it has refused',
      description:
        'A gate reports at least every five seconds; one that was silent for fifteen counts as gone. An id ' +
        'belongs to the token that reported it first.',
      body: gateReport,
      answer: gateReportAnswer,
      handle: async ({ body, caller }) => {
        await gateReports.note(
          {
            id: body.id,
            tokenId: caller.id,
            reportedBy: caller.name,
            name: body.name,
            kind: body.kind,
            host: body.host ?? null,
            keepsCopy: true,
            stopsWhenUnknown: body.stops_when_unknown,
            knownPauses: body.known_pauses ?? null,
            leaving: body.leaving,
          },
          body.refusals.map((refusal) => ({
            pauseId: refusal.pause_id,
            gate: body.name,
            reportedBy: caller.name,
            agentId: refusal.agent_id ?? null,
            skill: refusal.skill ?? null,
            refused: refusal.refused,
            firstAgoMs: refusal.first_ago_ms,
            lastAgoMs: refusal.last_ago_ms,
          })),
        );
        return { report_again_ms: GATE_REPORT_EVERY_MS };
      },
    }),
    route({
      method: 'get',
      path: '/api/turn-gates',
      permission: 'read',
      summary: 'which gates are connected',
      description:
        'Processes that ask before each step of an agent. The page of a pause tells which of them have confirmed it.',
      answer: turnGates,
      handle: () => listGates(db),
    }),
  ];
}
