import type { NOTICE_TARGET_KINDS, ScopeKind, SenateEventType, Severity } from '@orchestra/pause-core/contract';

export type TargetKind = (typeof NOTICE_TARGET_KINDS)[number];

/** Where notices go, as the configuration says. Holds secrets: never to be logged as a whole. */
export interface NoticeTarget {
  /** Stands in metrics, logs and history. */
  name: string;
  kind: TargetKind;
  url: URL;
  /** `standard`: the keys to sign with, the newest first. Empty for the others. */
  keys: readonly Buffer[];
  /** `pagerduty`: the integration it goes to. */
  routingKey: string | undefined;
  types: ReadonlySet<SenateEventType>;
  /** Empty: every scope. */
  scopes: readonly ScopeFilter[];
  /** Alerts below it are not told. */
  minSeverity: Severity;
  /** May stand in this network: addresses that are nobody else's are not refused. */
  allowPrivate: boolean;
}

export interface ScopeFilter {
  kind: ScopeKind;
  /** undefined: any. */
  value: string | undefined;
}

/** The address as a person may see it: what is a secret in it is left out. Slack's is one from end to end. */
export function shownAddress({ kind, url }: Pick<NoticeTarget, 'kind' | 'url'>): string {
  return kind === 'slack' ? `${url.origin}/…` : `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}
