/**
 * What was in progress at one moment: ids were drawn up to `lastId`, and these transactions could still add tasks with
 * one of them.
 */
export interface HorizonLook {
  lastId: string;
  writers: readonly string[];
  /** Of which table on which server, told by when that was started. */
  of: string;
  /** How often the tasks had been truncated. */
  resets: string;
}

/**
 * Can an earlier look still be gone by? Not after a truncate, or when the sequence went back; not at another server (a
 * fail-over), or one that has been restarted. And not when a prepared transaction is there that has outlived a crash of
 * the server: its name has another form since, so nobody can tell whether it is one of the writers of that look.
 */
export function isStillTrue(earlier: HorizonLook, now: HorizonLook): boolean {
  return (
    earlier.of === now.of &&
    earlier.resets === now.resets &&
    BigInt(earlier.lastId) <= BigInt(now.lastId) &&
    now.writers.every((writer) => !writer.startsWith('-1/') || earlier.writers.includes(writer))
  );
}
