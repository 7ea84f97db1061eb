import { CANARY_LABEL } from '@orchestra/pause-core';

/** The pause that the proof made. */
export interface CanaryPause {
  id: string;
  settled: boolean | null;
}

/** What the proof of the brake does, over the services or over the database. The agent is one that nobody else has. */
export interface CanaryWay {
  pause(agent: string): Promise<CanaryPause>;
  add(agent: string): Promise<string>;
  /** Claims as a worker of that agent; undefined: there was nothing for it. */
  claim(agent: string): Promise<{ id: string; run_id: string } | undefined>;
  clear(pauseId: string): Promise<void>;
  complete(id: string, runId: string): Promise<void>;
  /** Where the task stands; `worker` of the run under way. */
  look(id: string): Promise<{ status: string; worker: string | null }>;
  /** Sets a task aside that could not be ended. */
  park(id: string): Promise<void>;
  /**
   * Listens, and answers a function that waits for the bell of the agent's pause: after so many milliseconds, or never
   * (undefined).
   */
  listen(agent: string, signal: AbortSignal): Promise<() => Promise<number | undefined>>;
}

export const CANARY_REASON = 'orchestra doctor proves the brake';
export const CANARY_WORKER = 'orchestra doctor';
/** Should nobody be left to clear it. */
export const CANARY_TTL_SECONDS = 60;
/** A bell is heard within moments; what comes later came by re-reading. */
export const BELL_MAX_MS = 2_500;
/** Behind a proxy that keeps streams back, none ever begins. */
export const STREAM_BEGINS_MAX_MS = 5_000;
/** For workers that take anything, should one be quicker than the doctor. */
export const CANARY_TASK = {
  skill: CANARY_LABEL,
  priority: -32_768,
  payload: { orchestra_doctor: 'proves the brake; there is nothing to do' },
  max_attempts: 1,
  max_crashes: 1,
};
