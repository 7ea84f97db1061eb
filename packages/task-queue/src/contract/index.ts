export * from './acts.ts';
export * from './desk-tick.ts';
export * from './numbers.ts';
export * from './outcome.ts';
export * from './serial-gate.ts';
export * from './stages.ts';
export * from './tasks.ts';
export * from './why.ts';
