/**
 * The longest that a timer of Node can wait, 24.8 days. One that is set to more, or to Infinity, would fire at once.
 */
export const TIMER_MAX_MS = 2 ** 31 - 1;
