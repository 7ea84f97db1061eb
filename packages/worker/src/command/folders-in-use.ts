/** One run's stay in its working folder. */
export interface Stay {
  /** Nobody else has been in the folder since it began: what was written there can be laid to this run. */
  readonly alone: boolean;
  leave(): void;
}

/** Which runs of one handler are in which working folder. */
export class FoldersInUse {
  readonly #stays = new Map<string, Set<{ alone: boolean }>>();

  enter(folder: string): Stay {
    const here = this.#stays.get(folder) ?? new Set();
    this.#stays.set(folder, here);
    const stay = {
      alone: here.size === 0,
      leave: () => {
        here.delete(stay);
        if (here.size === 0) this.#stays.delete(folder);
      },
    };
    for (const other of here) other.alone = false;
    here.add(stay);
    return stay;
  }
}
