/** What a skill is given besides its payload. */
export interface SkillRun {
  /** Ends the work early, for example when the run was taken away. */
  signal: AbortSignal;
  /** What the last run had done when it stopped at a checkpoint; null: nothing. */
  progress: unknown;
  /**
   * Between two pieces of work: goes on, or stops the run here when its scope is paused. `progress` is what the next
   * run gets, so it must be JSON and say all that is needed to go on.
   */
  checkpoint(progress: unknown): Promise<void>;
}

/** Real work with a result that is kept in the task's row: JSON, bounded in size. */
export type Skill = (payload: unknown, run: SkillRun) => Promise<unknown>;
