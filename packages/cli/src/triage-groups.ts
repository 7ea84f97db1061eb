import type { TriageAnswer, TriageRequest, TriageView } from '@orchestra/task-queue/contract';
import { confirmTyped } from './confirm-typed.ts';
import type { Desk } from './desk/desk.ts';
import { wrongUsage } from './failure.ts';

// From this many tasks on the act has to be typed out, as for `task cancel`.
const BROAD_FROM = 20;
// Groups are made of up to ten thousand tasks, and one call changes five hundred.
const ROUNDS_MAX = 50;

/** A group without a task is a typing error, and what was meant to be cancelled would start. */
export function requireGroups({ groups, by, groups_more: more }: TriageView, named: readonly string[]): void {
  const unknown = named.find((key) => !groups.some((group) => group.key === key));
  if (unknown === undefined) return;
  const there =
    groups.length === 0
      ? 'nothing waits under this pause that is not parked'
      : `there ${groups.length === 1 ? 'is' : 'are'}: ` +
        `${groups.map(({ key }) => (key === '' ? '""' : key)).join(', ')}${more ? ' and others' : ''}`;
  throw wrongUsage(`no task waits in a group "${unknown}" by ${by}; ${there}`);
}

/**
 * What is broad has to be typed out, unless the person has agreed before.
 *
 * @param groups those that were shown: the act means the same ones, as of the same instant
 */
export async function confirmTriage(
  { groups }: TriageView,
  { cancel = [], park = [] }: TriageRequest,
  talk: (text: string) => void,
): Promise<void> {
  const tasksOf = (keys: readonly string[]): number =>
    groups.reduce((all, { key, tasks }) => all + (keys.includes(key) ? tasks : 0), 0);
  const [cancelled, parked] = [tasksOf(cancel), tasksOf(park)];
  if (cancelled + parked < BROAD_FROM) return;
  await confirmTyped({
    would: `cancel ${cancelled} tasks and park ${parked}`,
    expected: `triage ${cancelled + parked}`,
    talk,
  });
}

/** Call by call, until it is through. */
export async function carryOut(
  desk: Desk,
  request: TriageRequest,
  talk: (text: string) => void,
): Promise<TriageAnswer> {
  const all: TriageAnswer = { dry_run: false, cancelled: 0, parked: 0, left: 0, passed_over: [], again: true };
  for (let round = 0; round < ROUNDS_MAX && all.again; round++) {
    const answer = await desk.triage(request);
    all.cancelled += answer.cancelled;
    all.parked += answer.parked;
    all.left = answer.left;
    all.passed_over.push(...answer.passed_over);
    all.again = answer.again;
    if (answer.again) talk(`${all.cancelled} cancelled, ${all.parked} parked, going on`);
  }
  return all;
}
