import type { Queryable } from '@orchestra/database';
import { LABEL_KINDS, labelFor, labelsOf, type LabelKind, type Scope, type TaskLabels } from '@orchestra/pause-core';
import type { NearLabel, UnknownLabel } from '@orchestra/pause-core/contract';
import { knownNames } from '../labels/known-names.ts';
import { runsUnder } from '../history/runs-labelled.ts';
import { nearLabels } from '../labels/near-labels.ts';
import { LABEL_COLUMN } from '../sql/labels-under-scope.ts';
import { asCounted, WAITING_COUNTED_MAX, waitingUnder } from './covered-work.ts';

const NEAR_MAX = 5;
// A name may be so much longer or shorter than the one that was meant.
const LENGTH_SLACK = 4;

// Workers say which agents and which skills they ask for, and nothing of the other two.
const SIGHTED: Partial<Record<LabelKind, string>> = { agent: 'agents', skill: 'skills' };

/**
 * Has anything ever carried this label? A lane stays at least as long as tasks wait in it, and leaves its labels in
 * `known_labels` when it is dropped; so no task has to be looked at but those that run.
 *
 * Parameters: $1 the label, $2 a pause that does not count or null.
 */
const known = (kind: LabelKind): string => `
select exists (select from task_lanes l where l.${LABEL_COLUMN[kind]} = $1)
    or exists (select from known_labels k where k.kind = '${kind}' and k.value = $1)
    or exists (select
                 from senate_pause p
                where p.scope_kind = '${kind}'
                  and p.scope_value = $1
                  and p.id is distinct from $2::bigint)
    or exists (select from senate_pause p where p.also ->> '${kind}' = $1 and p.id is distinct from $2::bigint)
    or exists (${runsUnder({ kind, value: '$1' })})
    ${sighted(kind)} as known`;

const sighted = (kind: LabelKind): string =>
  SIGHTED[kind] === undefined ? '' : `or exists (select from worker_sightings s where $1 = any (s.${SIGHTED[kind]}))`;

const alike = (label: string): string =>
  `(label_folded(${label}) = label_folded($1) or length(${label}) between length($1) - ${LENGTH_SLACK} ` +
  `and length($1) + ${LENGTH_SLACK})`;

/**
 * Labels that may be near. Those that differ in case or separators alone are found by an index, however many there are.
 */
const candidates = (kind: LabelKind): string => `${knownNames(kind, alike, 'p.id is distinct from $2::bigint')}
 union
select k.value from known_labels k where k.kind = '${kind}' and k.folded = label_folded($1)
${
  SIGHTED[kind] === undefined
    ? ''
    : ` union
select u.label from worker_sightings s cross join lateral unnest(s.${SIGHTED[kind]}) u(label) where ${alike('u.label')}`
}`;

const counts = (kind: LabelKind): string => `
select v.value as scope_value, (${waitingUnder({ kind, value: 'v.value' }, WAITING_COUNTED_MAX.receipt)}) as waiting,
       (select count(*)::int from (${runsUnder({ kind, value: 'v.value' })}) r) as running
  from unnest($1::text[]) with ordinality v(value, n) order by v.n`;

export interface LabelKnown {
  label_known: boolean;
  near_labels: NearLabel[];
  /** Of several labels, which one is not known. */
  unknown_kind?: LabelKind;
}

/**
 * Whether any task, run, worker or pause but `pauseId` has ever carried the labels of this scope, and if one of them
 * has not been, which known ones come near it.
 */
export async function labelKnown(db: Queryable, scope: Scope, pauseId: string | null): Promise<LabelKnown> {
  for (const [kind, value] of labelsOf(scope)) {
    const known = await oneKnown(db, kind, value, pauseId);
    if (!known.label_known) return scope.also === undefined ? known : { ...known, unknown_kind: kind };
  }
  return { label_known: true, near_labels: [] };
}

/** The same of one label. */
export async function oneKnown(
  db: Queryable,
  kind: LabelKind,
  value: string,
  pauseId: string | null,
): Promise<LabelKnown> {
  const {
    rows: [row],
  } = await db.query<{ known: boolean }>(known(kind), [value, pauseId]);
  if (row?.known) return { label_known: true, near_labels: [] };
  const { rows: found } = await db.query<{ value: string }>(candidates(kind), [value, pauseId]);
  const near = nearLabels(
    value,
    found.map((one) => one.value),
    NEAR_MAX,
  );
  if (near.length === 0) return { label_known: false, near_labels: [] };
  const { rows } = await db.query<{ scope_value: string; waiting: number; running: number }>(counts(kind), [near]);
  return {
    label_known: false,
    near_labels: rows.map(({ scope_value, waiting, running }) => ({
      scope_value,
      in_flight_count: running,
      ...asCounted(waiting, WAITING_COUNTED_MAX.receipt),
    })),
  };
}

/** Those of these labels that nothing has ever carried. */
export async function unknownLabels(db: Queryable, labels: TaskLabels): Promise<UnknownLabel[]> {
  const scopes = LABEL_KINDS.flatMap((kind) => {
    const value = labelFor(kind, labels);
    return value === null ? [] : [{ kind, value }];
  });
  const found = await Promise.all(
    scopes.map(async ({ kind, value }): Promise<UnknownLabel | undefined> => {
      const { label_known: isKnown, near_labels: near } = await oneKnown(db, kind, value, null);
      return isKnown ? undefined : { scope_kind: kind, scope_value: value, near_labels: near };
    }),
  );
  return found.filter((one) => one !== undefined);
}
