import type { Measure } from '../measure.ts';
import { adding } from './adding.ts';
import { attach } from './attach.ts';
import { bell } from './bell.ts';
import { claimDepth } from './claim-depth.ts';
import { claimMixture } from './claim-mixture.ts';
import { cliStart } from './cli-start.ts';
import { growth } from './growth.ts';
import { idle } from './idle.ts';
import { isPaused } from './is-paused.ts';
import { labelSets } from './label-sets.ts';
import { direct, library } from './library.ts';
import { memory } from './memory.ts';
import { oldSnapshot } from './old-snapshot.ts';
import { pauseAtWork } from './pause-at-work.ts';
import { prefetch } from './prefetch.ts';
import { settle } from './settle.ts';
import { steady } from './steady.ts';
import { turnGate } from './turn-gate.ts';
import { workerCost } from './worker-cost.ts';

/** In the order of the table. */
export const MEASURES: readonly Measure[] = [
  claimDepth,
  claimMixture,
  labelSets,
  settle,
  pauseAtWork,
  oldSnapshot,
  bell,
  isPaused,
  turnGate,
  attach,
  library,
  direct,
  prefetch,
  adding,
  workerCost,
  steady,
  growth,
  idle,
  memory,
  cliStart,
];
