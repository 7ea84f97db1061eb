import type { GatedRepos } from '../sql/predicates.ts';
import type { RunnerReservations } from '../pipelines/runner-reservations.ts';

export interface ClaimOrder {
  worker: string;
  /** Absent: of any agent. */
  agents?: readonly string[] | undefined;
  /** Absent: of any skill. */
  skills?: readonly string[] | undefined;
  /** Absent: of any quest, of any actor. */
  quests?: readonly string[] | undefined;
  actors?: readonly string[] | undefined;
  limit: number;
  /** Whose runs they become; absent: nobody's in particular. */
  owner?: string | undefined;
  host?: string | undefined;
  pid?: number | undefined;
  /** With host and pid: which process, for a reaper on the same machine. */
  bootId?: string | undefined;
  pidNamespace?: string | undefined;
  processStarted?: number | undefined;
  leaseSeconds?: number;
  /** So many of them begin at once; the rest, the last ones, wait for it at the worker. Absent: all begin. */
  begins?: number | undefined;
  /** For which repos the serial gate holds; absent: for all. */
  gatedRepos?: GatedRepos | undefined;
  /** Tasks that only claims of their runner get; absent: none. */
  keptForRunners?: RunnerReservations | undefined;
}

/**
 * May a claim have to wait for gates? Tasks of repos for which the serial gate does not hold are counted at their
 * gates as well. A look locks those by name before
 * any other gate, and so has to be the first in its transaction to lock one (docs/locking.md).
 */
export const waitsForGates = ({ gatedRepos }: Pick<ClaimOrder, 'gatedRepos'>): boolean => (gatedRepos ?? null) !== null;
