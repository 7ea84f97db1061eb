import { attachedWorkView } from '@orchestra/pause-core';
import { covered } from './conditions.ts';
import type { QueueDescription } from './queue.ts';
import { identifier, literal } from './quote.ts';

/** Where Orchestra's tables are. */
export const HOME = 'public';

/** Does what the pauses name cover what a job carries? Of migrations/0036. */
export const JOB_IS_PAUSED = `${HOME}.job_is_paused`;

export const POLICY = 'orchestra_brake';
/** Lets through what row security would otherwise hold from those whom it did not bind before. */
export const ALLOW = 'orchestra_allow';
export const TRIGGER = 'orchestra_guard';
export const SERIAL_TRIGGER = 'orchestra_serial';

/** The objects of an attachment in Orchestra's schema, as SQL writes them. */
export function objectsOf(name: string) {
  const suffix = name.replaceAll('-', '_'); // no name has both
  const own = (kind: string): string => `${HOME}.${identifier(`orchestra_${kind}_${suffix}`)}`;
  return {
    brake: own('brake'), work: `${HOME}.${attachedWorkView(name)}`, guard: own('guard'), serial: own('serial'), wake: own('wake'), newPartitions: own('partitions'),
    /** Triggers have no schema of their own. */
    wakeTrigger: identifier(`orchestra_wake_${suffix}`), partitionsTrigger: identifier(`orchestra_partitions_${suffix}`),
  };
}

/** What the policy says after its table. The same text for every partition. */
export function policyText(queue: QueueDescription, brake: string, waiting: string): string {
  const claims = queue.claimText === undefined ? '' : `\n  or not (select pg_catalog.current_query() ~* ${literal(queue.claimText)})  -- not a claim`;
  return `as restrictive for update to public
  using ((${waiting}) is not true  -- not waiting${claims}
  or not (
       ${covered('', queue, brake, JOB_IS_PAUSED)}))
  with check (true)`;
}
