import { runCommand, type CommandEnd, type CommandOrder } from './run-command.ts';

/** The end of a command that its caller has not cancelled: it can be judged. */
export type OwnEnd = CommandEnd & { why: Exclude<CommandEnd['why'], 'aborted'> };

/**
 * As {@link runCommand}, for whoever has no use for the end of a command that was cancelled.
 *
 * @throws the reason of `signal` where that ended it; TypeError without a command
 */
export async function runToItsEnd(order: CommandOrder): Promise<OwnEnd> {
  const end = await runCommand(order);
  if (end.why === 'aborted') throw order.signal?.reason;
  return { ...end, why: end.why };
}
