import { ApiError } from '@orchestra-brake/client';
import type { Recorded } from '../history/event.ts';
import type { Recorder } from './recorder.ts';

type WithoutId<E> = E extends unknown ? Omit<E, 'id'> : never;
export type Line = WithoutId<Recorded>;
type Invoke = Extract<Line, { phase: 'invoke' }>;

// A refusal that tells nothing of the call's own fate: an earlier try of it may be under way, or have been carried out.
const UNDECIDED = new Set([408, 409, 429]);

/** Writes down a call and how it ended. Never rejects for what the other side did: faults are the point here. */
export async function recordedCall(recorder: Recorder, invoke: Invoke, make: () => Promise<Line>): Promise<void> {
  const id = recorder.nextId();
  recorder.write({ ...invoke, id });
  try {
    recorder.write({ ...(await make()), id });
  } catch (error) {
    const refused = error instanceof ApiError && error.status < 500 && !UNDECIDED.has(error.status);
    recorder.write({ op: invoke.op, phase: refused ? 'fail' : 'info', why: whyOf(error), id });
  }
}

/** Begins with the status, as lines about what went over the wire do. */
function whyOf(error: unknown): string {
  if (error instanceof ApiError) return `${error.status} ${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
