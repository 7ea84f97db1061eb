export { Cleanup } from './cleanup.ts';
export { environmentApart } from './environment-apart.ts';
export { hold, NotHeld } from './not-held.ts';
export { StartedProcess } from './started-process.ts';
export { CLI, UpProcess, type WhereItIs } from './up-process.ts';
export { waitFor } from './wait-for.ts';
