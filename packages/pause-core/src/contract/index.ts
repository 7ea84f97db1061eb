export * from './alerts.ts';
export * from './events.ts';
export * from './jsonb.ts';
export * from './pauses.ts';
export * from './problem.ts';
export * from './text.ts';
export * from './tokens.ts';
export { SCOPE_KINDS, type Scope, type ScopeKind, type TaskLabels } from '../scope.ts';
