const FIRST_SECONDS = 5;
const LONGEST_SECONDS = 300;

/**
 * How long at most a task waits for its next try after a passing disturbance: 5 s after the first, doubling, five
 * minutes at most. The statement that ends runs takes a random half off, so that what one disturbance stopped does not
 * come back all at once.
 */
export const TRANSIENT_DELAYS_SECONDS: readonly number[] = Array.from({ length: 7 }, (_, index) =>
  Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** index),
);
