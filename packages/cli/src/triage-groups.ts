import type { TriageAnswer, TriageRequest, TriageView } from '@orchestra/task-queue/contract';
import { ask } from './ask.ts';
import type { Desk } from './desk/desk.ts';
import { CommandFailure, EXIT, wrongUsage } from './failure.ts';

// As of `task cancel`: so many are typed out.
const BROAD_FROM = 20;
// What waits is told apart up to ten thousand, and one call changes five hundred.
const ROUNDS_MAX = 50;

/** A group that nobody is in is a slip of the pen, and would let start what was to be cancelled. */
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

/** What is broad is told and has to be typed out, unless the person has agreed beforehand. */
export async function confirmTriage({
  desk,
  request,
  yes,
  talk,
}: {
  desk: Desk;
  request: TriageRequest;
  yes: boolean;
  talk: (text: string) => void;
}): Promise<void> {
  if (yes) return;
  const { cancelled, parked } = await desk.triage(request, { isDryRun: true });
  if (cancelled + parked < BROAD_FROM) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw wrongUsage(
      `this would cancel ${cancelled} tasks and park ${parked}, and there is nobody to ask; say --yes if ` +
        'that is meant, or --dry-run to look first',
    );
  talk(`this would cancel ${cancelled} tasks and park ${parked}`);
  const expected = `triage ${cancelled + parked}`;
  const typed = await ask(`to go on, type ${expected}: `);
  if (typed?.trim() !== expected)
    throw new CommandFailure('not_confirmed', 'nothing was changed', {
      exitCode: typed === undefined ? EXIT.interrupted : EXIT.failed,
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
