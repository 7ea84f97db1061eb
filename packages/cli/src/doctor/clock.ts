/** Two clocks may differ by so much before anybody is told to look: an expiry is judged by the database's alone. */
const SKEW_MAX_MS = 2_000;

/** How far another clock is ahead of ours, in milliseconds, when it told `told` between `sentAt` and `heardAt`. */
export function skewMs(told: number, sentAt: number, heardAt: number): number {
  return told - (sentAt + heardAt) / 2;
}

/** @param exactMs how exact the other clock was told */
export function isSkewed(skew: number, exactMs = 0): boolean {
  return Math.abs(skew) > SKEW_MAX_MS + exactMs;
}

export function saySkew(skew: number, exactMs = 0): string {
  if (Math.abs(skew) <= exactMs) return 'its clock agrees with this machine’s';
  const size = Math.abs(skew) < 1_000 ? `${Math.round(Math.abs(skew))} ms` : `${(Math.abs(skew) / 1_000).toFixed(1)} s`;
  return `its clock is ${size} ${skew > 0 ? 'ahead of' : 'behind'} this machine’s`;
}
