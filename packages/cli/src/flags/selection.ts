import { Flags } from '@oclif/core';
import { wrongUsage } from '../failure.ts';
import { instantFlag } from './instant.ts';
import { labelFlags, toLabels } from './labels.ts';

/** Which tasks a command is for, where it names none by its id. */
export const filterFlags = {
  ...labelFlags,
  repo: Flags.string({ description: 'only those of this repository', helpValue: 'NAME' }),
  parked: Flags.boolean({ description: 'only those that are parked; --no-parked: only others', allowNo: true }),
  'held-by': Flags.string({ description: 'only those that wait under this pause', helpValue: 'PAUSE' }),
  since: instantFlag({ description: 'added since: so long ago (2h), or an instant (2026-11-21T03:00:00Z)' }),
  until: instantFlag({ description: 'added before' }),
};

interface FilterValues {
  agent?: string | undefined;
  skill?: string | undefined;
  quest?: string | undefined;
  actor?: string | undefined;
  repo?: string | undefined;
  parked?: boolean | undefined;
  'held-by'?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  status?: string | undefined;
}

/**
 * What was selected, as the contract has it: the tasks with these ids, or those that the flags tell of.
 *
 * @param ids words of the command line that belong to no flag
 * @throws CommandFailure `wrong_usage` for both, and for neither: nobody means all tasks by saying nothing
 */
export function selectionOf(ids: readonly string[], flags: FilterValues): { ids: string[] } | { filter: object } {
  const given = {
    ...toLabels(flags),
    status: flags.status,
    repo: flags.repo,
    parked: flags.parked,
    held_by: flags['held-by'],
    created_since: flags.since,
    created_until: flags.until,
  };
  const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const filters = Object.keys(filter).length > 0;
  if (ids.length > 0 && filters) throw wrongUsage('name tasks by their ids, or by what they are like; not both');
  if (ids.length > 0) return { ids: [...new Set(ids)] };
  if (!filters)
    throw wrongUsage('which tasks? Name them by their ids, or by what they are like: for example --agent skeptic');
  return { filter };
}
