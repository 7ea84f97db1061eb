export * from './alertmanager.ts';
export * from './alerts.ts';
export * from './attached.ts';
export * from './claude-code.ts';
export * from './cloud-events.ts';
export * from './events.ts';
export * from './gates.ts';
export * from './jsonb.ts';
export * from './notices.ts';
export * from './pause-page.ts';
export * from './pauses.ts';
export * from './problem.ts';
export * from './releases.ts';
export * from './scopes.ts';
export * from './session.ts';
export * from './stops.ts';
export * from './text.ts';
export * from './tokens.ts';
export {
  isSameScope,
  LABEL_KINDS,
  labelsOf,
  SCOPE_KINDS,
  scopeOf,
  scopeText,
  WHOLE_FLEET,
  type LabelKind,
  type Labels as ScopeLabels,
  type Scope,
  type ScopeKind,
  type TaskLabels,
} from '../scope.ts';
