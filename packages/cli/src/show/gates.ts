import type { RepoGateView, SerialGateView } from '@orchestra/task-queue/contract';
import { sayAgo, sayInstant } from './instant.ts';
import { beyond } from './listed.ts';
import { sayRepoNotKnown } from './not-known.ts';
import { loud } from './say-pause.ts';
import { table } from './table.ts';
import { visibleText } from './visible-text.ts';
import { COMMAND } from '../command-name.ts';

const WAITS_FOR: Record<NonNullable<RepoGateView['head']>['waiting_for'], string> = {
  worker: 'a worker',
  gate: 'its gate',
  pause: 'the end of a pause',
  retry: 'its next attempt',
};

/** The switch, and the gates at which there is something to see. */
export function showGates(gates: SerialGateView): string {
  const head = `serial gate: ${saySwitch(gates)}`;
  if (gates.repos.length === 0) return `${head}; no task of any repo waits, runs or is parked`;
  return [
    head,
    table(gates.repos, [
      { head: 'REPO', cell: (gate) => gate.repo },
      {
        head: 'IN PROGRESS',
        cell: (gate) => (gate.gated ? `${gate.in_progress} of ${gate.max_in_progress}` : String(gate.in_progress)),
        align: 'right',
      },
      { head: 'IN LINE', cell: (gate) => gate.waiting, align: 'right' },
      { head: 'PARKED', cell: (gate) => gate.parked_count, align: 'right' },
      { head: 'FIRST IN LINE', cell: sayHead },
      {
        head: 'GATE',
        cell: (gate) =>
          gate.frozen === null ? (gate.gated ? 'open' : 'off') : `frozen by ${gate.frozen.by}: ${gate.frozen.reason}`,
      },
    ]),
    ...(gates.more ? ['(there are more repos)'] : []),
  ].join('\n');
}

function saySwitch({ enabled, only_repos: only }: SerialGateView): string {
  if (!enabled) return 'off';
  return only === null ? 'on' : `on for ${visibleText(only.join(', '))}`;
}

function sayHead({ head }: RepoGateView): string | null {
  return head === null ? null : `task ${head.task_id} waits for ${WAITS_FOR[head.waiting_for]}`;
}

/** One gate with everything that is known of it. */
export function showGate(gate: RepoGateView): string {
  const repo = visibleText(gate.repo);
  return [
    gate.frozen === null
      ? `the gate of ${repo} is ${gate.gated ? 'open' : 'switched off'}`
      : `${loud(`the gate of ${repo} is frozen`)} by ${visibleText(gate.frozen.by)} since ` +
        `${sayInstant(gate.frozen.at)}: ${visibleText(gate.frozen.reason)}`,
    ...(gate.repo_known === false ? [sayRepoNotKnown(gate.repo, gate.near_repos)] : []),
    `in progress: ${gate.in_progress} of ${gate.max_in_progress}`,
    ...gate.holders.map(
      (task) =>
        `  task ${task.task_id} ` +
        `${task.status}${task.worker === null ? '' : ` on ${visibleText(task.worker)}`}${task.since === null ? '' : `, since ${sayAgo(task.since)}`}`,
    ),
    ...beyond(gate.in_progress - gate.holders.length),
    `in line: ${gate.waiting}${gate.head === null ? '' : `; ${sayHead(gate)}`}`,
    `parked: ${gate.parked_count}`,
    ...gate.parked.map(
      (task) =>
        `  task ${task.task_id} by ${visibleText(task.by)} ${sayAgo(task.since)}: ` +
        `${visibleText(task.reason)}${task.has_question ? ` (${COMMAND} task answer ${task.task_id})` : ''}`,
    ),
    ...beyond(gate.parked_count - gate.parked.length),
  ].join('\n');
}

/** A gate that the queue does not tell of. */
export function sayNothingAt(repo: string): string {
  return `no task of ${visibleText(repo)} waits, runs or is parked, and its gate is open`;
}
