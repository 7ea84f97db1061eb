import type { PauseReplica, TaskLabels } from '@orchestra/pause-core';
import { claudeCodeAnswer, claudeCodeHook, label } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import { GO_ON, refuseStep } from '../claude-code-answer.ts';
import type { GateReports } from '../gate-reports.ts';
import { noteAsked } from '../step-gate.ts';

const HEADERS = { agentId: 'X-Orchestra-Agent', questId: 'X-Orchestra-Quest', actorId: 'X-Orchestra-Actor' } as const;
// The whole input of a tool is sent, such as the text of a file that is written.
const BODY_MAX_BYTES = 8 * 1_024 * 1_024;

/**
 * The gate of Claude Code and the Claude Agent SDK, as an HTTP hook. Whatever keeps it from judging is answered as a
 * refusal, with what to do: an error status would let the tool run where the settings lack `onFailure: "block"`.
 */
export function claudeCodeRoute({ replica, gateReports }: { replica: PauseReplica; gateReports: GateReports }): Route {
  return route({
    method: 'post',
    path: '/api/hooks/claude-code',
    permission: 'ask',
    bodyMaxBytes: BODY_MAX_BYTES,
    summary: 'answer an HTTP hook of Claude Code: may this step begin?',
    description:
      'For `PreToolUse`, `PostToolUse`, `UserPromptSubmit` and `SubagentStart`. The labels come from the ' +
      'headers `X-Orchestra-Agent`, `X-Orchestra-Quest` and `X-Orchestra-Actor`; the name of the tool is ' +
      'the skill. ' +
      'Answered from memory; while that is older than ten seconds every step is refused. The manual has the settings.',
    body: claudeCodeHook,
    answer: claudeCodeAnswer,
    handle: async ({ body, header, caller }) => {
      const { hook_event_name: event, tool_name: tool, session_id: session } = body;
      const read = readLabels(header, tool);
      if ('problem' in read) return refuseStep(event, read.problem);
      if (!replica.known || replica.stale)
        return refuseStep(
          event,
          'Orchestra cannot tell just now whether this agent is paused, so it stops. Do not retry.',
        );
      const found = replica.isPaused(read.labels);
      const covered = found.paused ? found : undefined;
      noteAsked(
        gateReports,
        { name: gateName(read.labels, session), kind: 'claude-code', caller },
        read.labels,
        covered,
      );
      return covered === undefined
        ? GO_ON
        : refuseStep(
            event,
            `Paused by an operator: ${covered.reason}. Do not retry, and do not work around it; stop here.`,
          );
    },
  });
}

function readLabels(
  header: (name: string) => string | undefined,
  tool: string | undefined,
): { labels: TaskLabels } | { problem: string } {
  const labels: TaskLabels = {};
  for (const [name, from] of [
    ['agentId', HEADERS.agentId],
    ['questId', HEADERS.questId],
    ['actorId', HEADERS.actorId],
    ['skill', undefined],
  ] as const) {
    const given = from === undefined ? tool : header(from);
    if (given === undefined) continue;
    const parsed = label.safeParse(from === undefined ? given : asUtf8(given));
    if (!parsed.success) {
      return {
        problem:
          `${from ?? 'the name of the tool'} ${parsed.error.issues[0]?.message ?? 'is no label'}; set it in ` +
          'the hooks of your settings, and name the variable in allowedEnvVars. Nothing begins until then.',
      };
    }
    labels[name] = parsed.data;
  }
  if (Object.keys(labels).length === 0) {
    return {
      problem:
        `no label says whose step this is; send ${HEADERS.agentId}, ${HEADERS.questId} or ` +
        `${HEADERS.actorId} in the headers of the hook. Nothing begins until then.`,
    };
  }
  return { labels };
}

/** Node.js reads the bytes of a header as Latin-1. */
function asUtf8(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? value : text;
}

function gateName({ agentId, questId, actorId }: TaskLabels, session: string | undefined): string {
  const name = `claude-code ${agentId ?? questId ?? actorId ?? ''}${session === undefined ? '' : ` ${session.slice(0, 8)}`}`;
  const read = label.safeParse(name);
  return read.success ? read.data : 'claude-code';
}
