import { ask } from './ask.ts';
import { CommandFailure, EXIT, wrongUsage } from './failure.ts';

/**
 * Tells what a broad act would do, and has the person type it out.
 *
 * @param would what it would do: `cancel 25 tasks`
 * @param which tasks these are, where there is more to say of them
 * @param expected what has to be typed
 * @throws CommandFailure `not_confirmed`; `wrong_usage` where nobody can be asked
 */
export async function confirmTyped({
  would,
  which = '',
  expected,
  talk,
}: {
  would: string;
  which?: string;
  expected: string;
  talk: (text: string) => void;
}): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw wrongUsage(
      `this would ${would}, and there is nobody to ask; say --yes if that is meant, or --dry-run to look first`,
    );
  talk(`this would ${would}${which}`);
  const typed = await ask(`to go on, type ${expected}: `);
  if (typed?.trim() !== expected)
    throw new CommandFailure('not_confirmed', 'nothing was changed', {
      exitCode: typed === undefined ? EXIT.interrupted : EXIT.failed,
    });
}
