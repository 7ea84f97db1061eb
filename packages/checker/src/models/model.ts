/** A rule of pure code, said once more in the plainest way, and both asked the same at random. */
export interface Model {
  name: string;
  /**
   * @param otherwise how often and with which seed, where a model lets that be chosen
   * @throws with the smallest example in which the two differ
   */
  check: (otherwise?: { numRuns: number; seed: number }) => void | Promise<void>;
}

/** Fixed, so that what fails once fails again. */
export const SEED = { seed: 20_261 } as const;
