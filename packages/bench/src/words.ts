/** `1 claimer`, `8 claimers` */
export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}

/** For the progress bar: `claim-depth: 8 claimers, round 2`; the round before the first warms up. */
export function roundName(measure: string, part: string, round: number): string {
  return `${measure}: ${part}, ${round < 0 ? 'warm-up' : `round ${round + 1}`}`;
}
