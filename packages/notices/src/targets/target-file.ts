import {
  NOTICE_TARGET_KINDS,
  PAUSE_EVENT_TYPES,
  SCOPE_KINDS,
  SENATE_EVENT_TYPES,
  SEVERITIES,
  type SenateEventType,
} from '@orchestra/pause-core/contract';
import { z } from 'zod';
import type { NoticeTarget, TargetKind } from './target.ts';

const TARGETS_MAX = 50;
const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';
// Of Standard Webhooks: 192 to 512 bits.
const KEY_BYTES_MIN = 24;
const KEY_BYTES_MAX = 64;

/** What is told where nothing is said. Alerts come in floods; a chat or a pager is not sent them unasked. */
const USUAL_TYPES: Record<TargetKind, readonly SenateEventType[]> = {
  standard: SENATE_EVENT_TYPES,
  slack: PAUSE_EVENT_TYPES,
  pagerduty: PAUSE_EVENT_TYPES,
};

/**
 * What opens an incident in a pager, and what ends it. Who asks for the one gets the other as well, or the incident
 * would stay open.
 */
const INCIDENTS: readonly { opens: readonly SenateEventType[]; ends: readonly SenateEventType[] }[] = [
  {
    opens: ['pause.created', 'pause.warning', 'pause.stayed', 'pause.probing'],
    ends: ['pause.cleared', 'pause.expired'],
  },
  { opens: ['alert.created'], ends: ['alert.acknowledged', 'alert.resolved'] },
];

/** What a file of targets holds. `env:NAME` for a text that is a secret is looked up in `env`. */
export function targetFile(env: NodeJS.ProcessEnv) {
  const secret = z.string().transform((text, context) => {
    if (!text.startsWith('env:')) return text;
    const name = text.slice('env:'.length);
    const value = env[name]?.trim();
    if (value) return value;
    context.addIssue({ code: 'custom', message: `names the environment variable ${name}, which is not set` });
    return z.NEVER;
  });
  const target = z.strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be 1 to 40 small letters, digits, - or _'),
    kind: z.enum(NOTICE_TARGET_KINDS, `must be one of ${NOTICE_TARGET_KINDS.join(', ')}`),
    url: secret.pipe(address).optional(),
    secret: z.preprocess(
      (given) => (typeof given === 'string' ? [given] : given),
      z.array(secret.pipe(signingKey)).min(1).max(3).optional(),
    ),
    routing_key: secret
      .pipe(z.string().regex(/^[A-Za-z0-9]{32}$/, 'must be the 32 letters and digits of an Events API v2 integration'))
      .optional(),
    events: z.array(eventPattern).min(1, 'must name at least one; leave it out for the usual ones').optional(),
    scopes: z
      .array(z.strictObject({ kind: z.enum(SCOPE_KINDS), value: z.string().min(1).max(200).optional() }))
      .max(100)
      .default([]),
    min_severity: z.enum(SEVERITIES).default('low'),
    allow_private: z.boolean().default(false),
  });
  return z
    .strictObject({ targets: z.array(target.transform(toTarget)).max(TARGETS_MAX, `must be at most ${TARGETS_MAX}`) })
    .transform(({ targets }) => targets)
    .superRefine((targets, context) => {
      const names = targets.map(({ name }) => name);
      for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
        context.addIssue({ code: 'custom', path: ['targets'], message: `two targets have the name ${name}` });
      }
    });
}

const address = z.string().transform((text, context) => {
  const problem = addressProblem(text);
  if (problem === undefined) return new URL(text);
  context.addIssue({ code: 'custom', message: problem }); // without the address itself: it may be a secret
  return z.NEVER;
});

function addressProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be an address such as https://example.com/hook';
  const { protocol, username, password, hash } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'must begin with https:// or http://';
  if (username !== '' || password !== '') return 'must not hold a user name or a password; notices are signed instead';
  return hash === '' ? undefined : 'must not hold a #fragment';
}

const signingKey = z.string().transform((text, context) => {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const key = Buffer.from(encoded ?? '', 'base64');
  if (encoded !== undefined && key.length >= KEY_BYTES_MIN && key.length <= KEY_BYTES_MAX) return key;
  context.addIssue({
    code: 'custom',
    message:
      `must be whsec_ and ${KEY_BYTES_MIN} to ${KEY_BYTES_MAX} random bytes in base64, as \`echo ` +
      `whsec_$(openssl rand -base64 32)\` prints them`,
  });
  return z.NEVER;
});

const eventPattern = z.string().transform((text, context): SenateEventType[] => {
  const types = text.endsWith('.*')
    ? SENATE_EVENT_TYPES.filter((type) => type.startsWith(text.slice(0, -1)))
    : SENATE_EVENT_TYPES.filter((type) => type === text);
  if (types.length > 0) return types;
  context.addIssue({
    code: 'custom',
    message: `is not an event; there are pause.*, alert.*, ${SENATE_EVENT_TYPES.join(', ')}`,
  });
  return z.NEVER;
});

interface GivenTarget {
  name: string;
  kind: TargetKind;
  url?: URL | undefined;
  secret?: Buffer[] | undefined;
  routing_key?: string | undefined;
  events?: SenateEventType[][] | undefined;
  scopes: { kind: NoticeTarget['scopes'][number]['kind']; value?: string | undefined }[];
  min_severity: NoticeTarget['minSeverity'];
  allow_private: boolean;
}

function toTarget(given: GivenTarget, context: z.RefinementCtx): NoticeTarget {
  const { name, kind } = given;
  const refuse = (field: string, message: string): void => context.addIssue({ code: 'custom', path: [field], message });
  const url = given.url ?? (kind === 'pagerduty' ? new URL(PAGERDUTY_URL) : undefined);
  if (url === undefined) refuse('url', 'is required');
  if ((given.secret === undefined) === (kind === 'standard'))
    refuse('secret', kind === 'standard' ? 'is required' : `belongs to kind standard, not to ${kind}`);
  if ((given.routing_key === undefined) === (kind === 'pagerduty'))
    refuse('routing_key', kind === 'pagerduty' ? 'is required' : `belongs to kind pagerduty, not to ${kind}`);
  const types = given.events?.flat() ?? USUAL_TYPES[kind];
  return {
    name,
    kind,
    url: url ?? new URL(PAGERDUTY_URL),
    keys: given.secret ?? [],
    routingKey: given.routing_key,
    types: new Set(kind === 'pagerduty' ? withEnds(types) : types),
    scopes: given.scopes.map((scope) => ({ kind: scope.kind, value: scope.value })),
    minSeverity: given.min_severity,
    allowPrivate: given.allow_private,
  };
}

function withEnds(types: readonly SenateEventType[]): SenateEventType[] {
  return [
    ...types,
    ...INCIDENTS.flatMap(({ opens, ends }) => (opens.some((type) => types.includes(type)) ? ends : [])),
  ];
}
