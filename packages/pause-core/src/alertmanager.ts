import { createHash } from 'node:crypto';
import { label } from './contract/text.ts';
import type { AlertmanagerAlert } from './contract/alertmanager.ts';
import type { Severity } from './contract/alerts.ts';

/** How alerts of Alertmanager are read: its labels mean what whoever wrote its rules gave them to mean. */
export interface AlertmanagerLabels {
  actorLabel: string;
  severityLabel: string;
  /** Theirs to ours; what is not named is `medium`. */
  severities: Readonly<Record<string, Severity>>;
}

/** The usual names. Only what says `critical` is that: three of those pause an actor. */
export const ALERTMANAGER_LABELS: AlertmanagerLabels = {
  actorLabel: 'actor',
  severityLabel: 'severity',
  severities: {
    critical: 'critical',
    error: 'high',
    high: 'high',
    warning: 'medium',
    medium: 'medium',
    info: 'low',
    low: 'low',
    none: 'low',
  },
};

/** An alert of Alertmanager as it is written down here. */
export interface AlertToRecord {
  /** The same for every repetition of the same firing: by fingerprint and start. */
  key: string;
  kind: string;
  actor: string;
  severity: Severity;
  details: Record<string, unknown>;
}

/** Who sent the notification, as far as it says. */
export interface AlertOrigin {
  receiver?: string | undefined;
  from?: 'alertmanager' | 'grafana' | undefined;
}

const TEXTS_MAX = 40;
const NAME_MAX = 200;
const TEXT_MAX = 1_000;

/**
 * Reads one alert. Never refuses: Alertmanager drops a notification that is answered with a 4xx, and with it what else
 * it carries.
 *
 * @returns null when it names no actor
 */
export function readAlertmanagerAlert(
  alert: AlertmanagerAlert,
  names: AlertmanagerLabels,
  { receiver, from = 'alertmanager' }: AlertOrigin = {},
): AlertToRecord | null {
  const actor = label.safeParse(own(alert.labels, names.actorLabel)?.trim());
  if (!actor.success) return null;
  const startsAt = new Date(alert.startsAt).toISOString();
  const fingerprint = alert.fingerprint ?? fingerprintOf(alert.labels);
  const kind = label.safeParse(
    plain(own(alert.labels, 'alertname') ?? '', NAME_MAX)
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
  return {
    key: `${from} ${createHash('sha256').update(fingerprint).digest('hex')} ${startsAt}`,
    kind: kind.success ? kind.data : from,
    actor: actor.data,
    severity: own(names.severities, own(alert.labels, names.severityLabel)?.trim().toLowerCase() ?? '') ?? 'medium',
    details: {
      source: from,
      fingerprint: plain(fingerprint, NAME_MAX),
      starts_at: startsAt,
      labels: bounded(alert.labels),
      annotations: bounded(alert.annotations),
      ...(receiver === undefined ? {} : { receiver: plain(receiver, NAME_MAX) }),
      ...(alert.generatorURL === undefined ? {} : { generator_url: plain(alert.generatorURL, TEXT_MAX) }),
    },
  };
}

/** Not what every object inherits: a label may be called `constructor`. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** So many entries, each so long; the database keeps neither NUL nor lone surrogates. */
function bounded(texts: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts)
      .slice(0, TEXTS_MAX)
      .map(([name, text]) => [plain(name, NAME_MAX), plain(text, TEXT_MAX)]),
  );
}

function plain(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return cut.replaceAll('\0', '\uFFFD').toWellFormed();
}

function fingerprintOf(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
