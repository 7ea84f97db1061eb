import type { Zone } from '../text/time-text.ts';
import { chooseNext, keptChoice } from './kept-choice.ts';

const ZONES = ['local', 'utc'] as const satisfies readonly Zone[];

/** Whether times are shown in the reader's own zone or in UTC. Kept in this browser. */
export const zone = keptChoice<Zone>('orchestra.zone', ZONES);

export function nextZone(): void {
  chooseNext(zone, ZONES);
}
