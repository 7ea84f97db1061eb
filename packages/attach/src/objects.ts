import { attachedWorkView } from '@orchestra/pause-core';
import { covered } from './conditions.ts';
import type { QueueDescription } from './queue.ts';
import { identifier, literal } from './quote.ts';

/** Does what the pauses name cover what a job carries? Of migrations/0036. */
export const jobIsPaused = (home: string): string => inHome(home, 'job_is_paused');

export const POLICY = 'orchestra_brake';
/** Lets through what row security would otherwise hold from those whom it did not bind before. */
export const ALLOW = 'orchestra_allow';
export const TRIGGER = 'orchestra_guard';
export const SERIAL_TRIGGER = 'orchestra_serial';

/** How the functions of an attachment are declared, and what their bodies are quoted with. */
export const FUNCTION = 'language plpgsql security definer set search_path = pg_catalog, pg_temp';
export const BODY = '$orchestra$';

/** The view of the active pauses that every claim names, without its schema. */
export const brakeViewOf = (name: string): string => `orchestra_brake_${suffixOf(name)}`;

/** What an attachment's objects end in. */
export const suffixOf = (name: string): string => name.replaceAll('-', '_'); // no name has both

/** A table or view in Orchestra's schema, as SQL writes it. */
export const inHome = (home: string, name: string): string => `${identifier(home)}.${name}`;

/** The objects of an attachment in Orchestra's schema, as SQL writes them. */
export function objectsOf(home: string, name: string) {
  const suffix = suffixOf(name);
  const own = (kind: string): string => inHome(home, identifier(`orchestra_${kind}_${suffix}`));
  return {
    brake: inHome(home, identifier(brakeViewOf(name))),
    work: inHome(home, attachedWorkView(name)),
    guard: own('guard'),
    serial: own('serial'),
    wake: own('wake'),
    newPartitions: own('partitions'),
    /** Triggers have no schema of their own. */
    wakeTrigger: identifier(`orchestra_wake_${suffix}`),
    partitionsTrigger: identifier(`orchestra_partitions_${suffix}`),
  };
}

/** What the policy says after its table. The same text for every partition. */
export function policyText(home: string, queue: QueueDescription, brake: string, waiting: string): string {
  const claims =
    queue.claimText === undefined
      ? ''
      : `\n  or not (select pg_catalog.current_query() ~* ${literal(queue.claimText)})  -- not a claim`;
  return `as restrictive for update to public
  using ((${waiting}) is not true  -- not waiting${claims}
  or not (
       ${covered('', queue, brake, jobIsPaused(home))}))
  with check (true)`;
}
