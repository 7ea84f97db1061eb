import type { Hold } from '../contract/index.ts';
import type { GateOfTask, TaskFacts } from './facts.ts';
import { onHost } from './where-it-is.ts';

/**
 * A frozen gate; and the line, where the task is not the first in it or the gate is full. A held task has its place at
 * the gate.
 */
export function gateHolds({ status, gate, taskId }: TaskFacts): Hold[] {
  if (gate === null) return [];
  const holds: Hold[] = [];
  if (gate.frozen !== null) {
    const { at, by, reason } = gate.frozen;
    holds.push({
      kind: 'frozen',
      since: at,
      until: null,
      says: `${by} has frozen repo ${gate.repo}: ${reason}`,
      by,
      reason,
      repo: gate.repo,
    });
  }
  if (status === 'queued' && (gate.before > 0 || gate.inProgress >= gate.maxInProgress))
    holds.push(inLine(gate, taskId));
  return holds;
}

function inLine(gate: GateOfTask, taskId: string): Hold {
  const { repo, holder } = gate;
  const place = { repo, position: gate.before + 1, until: null, kind: 'serial_gate' as const };
  const line = gate.before === 0 ? 'it is the first in line' : `it is number ${gate.before + 1} in line`;
  if (gate.inProgress < gate.maxInProgress || holder === null) {
    const first = gate.headId === null || gate.headId === taskId ? {} : { task_id: gate.headId };
    const before = first.task_id === undefined ? '' : `; task ${first.task_id} is the first`;
    return {
      ...place,
      ...first,
      since: null,
      says: `repo ${repo} takes one task after the other, and ${line}${before}`,
    };
  }
  const has =
    holder.status === 'held'
      ? `task ${holder.taskId}, which is held,`
      : `task ${holder.taskId}${holder.worker === null ? '' : `, at worker ${holder.worker}${onHost(holder.host)},`}`;
  const others = gate.inProgress > 1 ? ` and ${gate.inProgress - 1} more` : '';
  return {
    ...place,
    since: holder.since,
    task_id: holder.taskId,
    says:
      `repo ${repo} lets ${gate.maxInProgress === 1 ? 'one task' : `${gate.maxInProgress} tasks`} at a ` +
      `time be in progress: ${has}${others} ${others === '' ? 'is' : 'are'}, and ${line}`,
    ...(holder.runId === null ? {} : { run_id: holder.runId }),
    ...(holder.worker === null ? {} : { worker: holder.worker }),
    ...(holder.host === null ? {} : { host: holder.host }),
  };
}
