/**
 * What a replica thinks of what it knows.
 *
 * - `starting`: no reading has succeeded yet; it knows nothing.
 * - `fresh`: the last reading is recent, and no bell can have been missed since.
 * - `doubtful`: bells may have been missed, or the last good reading is too old. It still answers by what it last knew.
 * - `stopped`: for good; it answers by what it last knew and learns nothing more.
 */
export type ReplicaState = 'starting' | 'fresh' | 'doubtful' | 'stopped';

export type ReplicaEvent = 'read' | 'disconnected' | 'trust-expired' | 'stop';

/** Every state answers every event: a forgotten cell does not compile. */
export const NEXT: Readonly<Record<ReplicaState, Readonly<Record<ReplicaEvent, ReplicaState>>>> = {
  starting: { read: 'fresh', disconnected: 'starting', 'trust-expired': 'starting', stop: 'stopped' },
  fresh: { read: 'fresh', disconnected: 'doubtful', 'trust-expired': 'doubtful', stop: 'stopped' },
  // Without bells it is as good as its last reading, and readings go on.
  doubtful: { read: 'fresh', disconnected: 'doubtful', 'trust-expired': 'doubtful', stop: 'stopped' },
  stopped: { read: 'stopped', disconnected: 'stopped', 'trust-expired': 'stopped', stop: 'stopped' },
};
