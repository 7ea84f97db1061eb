import { Flags } from '@oclif/core';
import { durationFlag } from './duration.ts';

/** As in the contract. Kept here: parsing a flag must not load the contract. */
const STOP_THENS = ['requeue', 'cancel'] as const;

/** What becomes of the tasks whose runs are stopped. */
export const stopThenFlag = (more: object = {}) =>
  Flags.string({
    description:
      'what becomes of the tasks: requeue (unless given) puts them back with their cursors and uses no ' +
      'attempt; cancel cancels them',
    options: [...STOP_THENS],
    ...more,
  });

/** How long workers have to end them. */
export const graceFlag = (more: object = {}) =>
  durationFlag({
    description: 'how long workers have; what they have not ended by then is taken away from them. 10s unless given',
    helpValue: '10s',
    ...more,
  });
