export * from './serial-gate.ts';
export * from './tasks.ts';
