import { CANARY_LABEL, type LabelKind } from '@orchestra/pause-core';
import { LABEL_COLUMN } from '../sql/labels-under-scope.ts';

/** Names that are looked at, from each place that keeps some. A caller who has just paused waits for it. */
export const NAMES_MAX = 20_000;

/**
 * In SQL the labels of a kind that lanes, `known_labels` and pauses name, each once, as `value`. Of each place
 * {@link NAMES_MAX} are looked at, of the pauses the newest.
 *
 * @param isWanted a condition on a name
 * @param counts which pauses `p` count
 */
export const knownNames = (kind: LabelKind, isWanted: (name: string) => string, counts = 'true'): string => `
select l.value
  from (select l.${LABEL_COLUMN[kind]} as value
          from task_lanes l
         where l.${LABEL_COLUMN[kind]} is not null
         limit ${NAMES_MAX}) l
 where ${wanted('l.value', isWanted)}
 union
select k.value
  from (select k.value from known_labels k where k.kind = '${kind}' limit ${NAMES_MAX}) k
 where ${wanted('k.value', isWanted)}
 union
select p.scope_value
  from (select p.scope_value
          from senate_pause p
         where p.scope_kind = '${kind}'
           and ${counts}
         order by p.id desc
         limit ${NAMES_MAX}) p
 where ${wanted('p.scope_value', isWanted)}`;

/** The names under which the brake is tested are nobody's work. */
const wanted = (name: string, isWanted: (name: string) => string): string =>
  `${isWanted(name)}
   and not starts_with(${name}, '${CANARY_LABEL}')`;
