import type { ProcessStat } from '@orchestra/task-queue/process-table';
import { environmentHolds, readProcess, readProcessTable, type ProcessTable } from './process-table.ts';

/**
 * Which processes belong to a command: its process group and session, all their descendants, and whoever carries its
 * mark. Once seen, a process belongs to it for good, also when its parent has ended and it went into a session of its
 * own.
 *
 * What is not found: a process that, between two looks, has left group and session, lost its parent and thrown its
 * environment away. Without `/proc` there is the process group alone.
 */
export class ProcessTree {
  readonly leader: number;
  readonly #mark: string;
  readonly #startedAtTicks: number;
  /** By pid, with the start that tells a process from a later one of the same pid. */
  #seen = new Map<number, number>();

  /**
   * Call it in the same turn in which the leader was started: until then it cannot have been forgotten, even if it has
   * ended.
   */
  constructor(leader: number, mark: string) {
    this.leader = leader;
    this.#mark = mark;
    const entry = readProcess(leader);
    this.#startedAtTicks = entry?.startedAtTicks ?? 0;
    if (entry !== undefined) this.#seen.set(leader, entry.startedAtTicks);
  }

  /**
   * The members that live now. With `thorough`, environments are read as well: needed to find who has left the family.
   * Empty without a table.
   */
  members(
    table: ProcessTable | undefined = readProcessTable(),
    { thorough }: { thorough: boolean } = { thorough: true },
  ): ProcessStat[] {
    if (table === undefined) return [];
    const members = new Map<number, ProcessStat>();
    for (const entry of table.values()) if (this.#belongs(entry, thorough)) members.set(entry.pid, entry);
    addDescendants(members, table);
    members.delete(process.pid); // whatever an environment says: never ourselves
    this.#seen = new Map([...members.values()].map(({ pid, startedAtTicks }) => [pid, startedAtTicks]));
    return [...members.values()];
  }

  #belongs(entry: ProcessStat, thorough: boolean): boolean {
    // Older than the command: spares reading its environment
    if (entry.startedAtTicks < this.#startedAtTicks) return false;
    if (entry.group === this.leader || entry.session === this.leader) return true;
    if (this.#seen.get(entry.pid) === entry.startedAtTicks) return true;
    return thorough && environmentHolds(entry.pid, this.#mark);
  }
}

/** Children, and who shares the session or group of a member that leads one. */
function addDescendants(members: Map<number, ProcessStat>, table: ProcessTable): void {
  for (let grown = true; grown;) {
    grown = false;
    for (const entry of table.values()) {
      if (members.has(entry.pid)) continue;
      const relative = members.get(entry.parent) ?? members.get(entry.group) ?? members.get(entry.session);
      if (relative === undefined || entry.startedAtTicks < relative.startedAtTicks) continue;
      members.set(entry.pid, entry);
      grown = true;
    }
  }
}
