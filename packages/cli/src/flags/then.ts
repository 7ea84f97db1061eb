import { Flags } from '@oclif/core';
import { wrongUsage } from '../failure.ts';

/** As in the contract. Kept here: parsing a flag must not load the contract. */
const THEN = ['resume', 'stay', 'probe'] as const;

/** `--then` */
export function thenFlag(description: string) {
  return Flags.string({ description: `what happens when the time is over${description}`, options: [...THEN] });
}

/** @throws CommandFailure `wrong_usage` for what could only be done at an end, where there is none */
export function checkThen({ then, ttl }: { then?: string | undefined; ttl?: number | undefined }): void {
  if (then !== undefined && then !== 'resume' && ttl === undefined)
    throw wrongUsage(`--then ${then} needs --ttl: without a time there is no end at which to do it`);
}
