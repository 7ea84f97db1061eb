export { backoffMs, type Backoff } from './backoff.ts';
export { Sleeper } from './sleeper.ts';
export { sleep, TIMER_MAX_MS, type SleepOptions } from './sleep.ts';
export { withTimeout } from './with-timeout.ts';
