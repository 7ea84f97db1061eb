import { refuseUnwritable } from '@orchestra/exact-json';

/**
 * What a run would hand to the next one, were it to end now. A place in a loop and what was saved beside it change
 * together, at the end of an iteration: an iteration that is cut short is done again from what was saved before it.
 */
export class CursorKeeper {
  readonly #former: unknown;
  #saved: { value: unknown } | undefined;
  #index: number | undefined;
  #insideIteration = false;
  #savedInside: { value: unknown } | undefined;
  /** Where a loop stood that was left in the middle of an item, before that item. */
  #beforeLeft: { index: number; saved: { value: unknown } | undefined } | undefined;

  /** @param former the cursor of the run before; null or undefined: there was none */
  constructor(former: unknown) {
    this.#former = former;
  }

  /** For the release; undefined: nothing to change, the former one stays. */
  get current(): unknown {
    return this.#cursorAt(this.#index, this.#saved);
  }

  /**
   * For a run that ends: the item in which it left its loop comes again. Whether `break`, `return` or a throw left it
   * cannot be told from within; but who left by choice goes on, with a checkpoint or a cursor of its own, and then the
   * item counts.
   */
  get whereLeft(): unknown {
    return this.#beforeLeft === undefined
      ? this.current
      : this.#cursorAt(this.#beforeLeft.index, this.#beforeLeft.saved);
  }

  #cursorAt(index: number | undefined, saved: { value: unknown } | undefined): unknown {
    if (index === undefined) return saved?.value;
    const beside = saved === undefined ? this.#former : saved.value;
    return { ...(isObject(beside) ? beside : {}), index };
  }

  /**
   * @throws TypeError for anything but an object while a loop keeps its `index` beside it, and for what JSON cannot
   * hold, with its path
   */
  save(value: unknown): void {
    if (value !== undefined) refuseUnwritable(value, 'cursor');
    if (this.#index !== undefined && !isObject(value)) {
      throw new TypeError(
        'iterate() keeps its place as `index` in the cursor, so only an object can be saved beside it',
      );
    }
    // A copy: what the handler goes on changing belongs to the next save.
    const saved = { value: structuredClone(value) };
    if (this.#insideIteration) {
      this.#savedInside = saved;
      return;
    }
    this.#saved = saved;
    this.goesOn();
  }

  /** The handler does more after its loop: the item in which it left that counts. */
  goesOn(): void {
    if (!this.#insideIteration) this.#beforeLeft = undefined;
  }

  /** A loop begins. Answers how many items earlier runs have done. */
  beginLoop(): number {
    if (this.#index !== undefined)
      throw new Error(
        'a task can iterate() once, because its cursor holds one place; use checkpoint() and saveCursor() for more',
      );
    this.#index = indexIn(this.#former);
    return this.#index;
  }

  beginIteration(): void {
    this.#insideIteration = true;
  }

  /**
   * @param done false: it was cut short, and what it saved goes with it
   * @param left the loop was left in it
   */
  endIteration({ done, left = false }: { done: boolean; left?: boolean }): void {
    if (!this.#insideIteration) return;
    this.#insideIteration = false;
    if (left) this.#beforeLeft = { index: this.#index ?? 0, saved: this.#saved };
    if (done) {
      this.#index = (this.#index ?? 0) + 1;
      this.#saved = this.#savedInside ?? this.#saved;
    }
    this.#savedInside = undefined;
  }
}

function indexIn(cursor: unknown): number {
  const index: unknown = isObject(cursor) ? cursor['index'] : undefined;
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
