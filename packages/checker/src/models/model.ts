/** A rule of pure code, said once more in the plainest way, and both asked the same at random. */
export interface Model {
  name: string;
  /** @throws with the smallest example in which the two differ */
  check: () => void | Promise<void>;
}

/** Fixed, so that what fails once fails again. */
export const SEED = { seed: 20_261 } as const;
