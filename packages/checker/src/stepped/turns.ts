import type { Database } from '@orchestra/database';

/**
 * A statement that has had its turn, with the ticks of the order's clock at which it was let go and at which it had
 * ended.
 */
export interface Turn {
  actor: string;
  statement: string;
  at: number;
  endedAt: number;
}

/** Counts the moments of one order: each beginning and each end of a statement is one. */
export class OrderClock {
  #tick = 0;
  now(): number {
    return this.#tick;
  }
  next(): number {
    return ++this.#tick;
  }
}

export type ActorState =
  /** In its own code, or in a wait of its own. */
  | 'thinking'
  /** Before a statement, until it is let go. */
  | 'waiting'
  /** Its statement is with the server, perhaps behind a lock. */
  | 'asking'
  | 'ended';

// What nobody else can see or be held up by needs no turn of its own: it goes together with what follows.
const NO_TURN = /^\s*(rollback|set local|select set_config|select p\.id)/i;
const BEGIN = /^\s*begin/i;

export interface TurnsOptions {
  name: string;
  backend: number;
  /** Statements that take no turn besides those that never do. */
  goAlong?: RegExp | undefined;
  clock: OrderClock;
  onChange: () => void;
}

/** Lets the statements of one actor through one at a time, each when it is told to. */
export class Turns {
  readonly name: string;
  /** The server's process behind the actor's one connection. */
  readonly backend: number;
  readonly #clock: OrderClock;
  readonly #goAlong: RegExp | undefined;
  readonly #onChange: () => void;
  readonly taken: Turn[] = [];
  state: ActorState = 'thinking';
  /** What it waits to ask. */
  statement = '';
  #go: (() => void) | undefined;
  /** A transaction that is to begin. */
  #begin: (() => Promise<unknown>) | undefined;

  constructor({ name, backend, goAlong, clock, onChange }: TurnsOptions) {
    this.name = name;
    this.backend = backend;
    this.#goAlong = goAlong;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The next statement goes to the server. */
  letGo(): void {
    this.state = 'asking';
    this.#go?.();
  }

  end(): void {
    this.#become('ended');
  }

  async run(statement: string, askThis: () => Promise<unknown>): Promise<unknown> {
    if (BEGIN.test(statement)) {
      // Together with the first statement: the time that a transaction goes by is that of its beginning.
      this.#begin = askThis;
      return undefined;
    }
    const begin = this.#begin;
    this.#begin = undefined;
    const ask = async (): Promise<unknown> => {
      await begin?.();
      return askThis();
    };
    if (NO_TURN.test(statement) || this.#goAlong?.test(statement)) return ask();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#go = resolve;
    this.statement = statement;
    this.#become('waiting');
    await promise;
    const turn: Turn = { actor: this.name, statement, at: this.#clock.next(), endedAt: Infinity };
    this.taken.push(turn);
    try {
      return await ask();
    } finally {
      turn.endedAt = this.#clock.next();
      this.#become('thinking');
    }
  }

  #become(state: ActorState): void {
    this.state = state;
    this.#onChange();
  }
}

type Ask = (...args: unknown[]) => Promise<unknown>;

/**
 * The same database, or connection, but each statement waits for its turn. Knows promises only, as all of our own code
 * does.
 */
export function inTurns<D extends Database>(database: D, turns: Turns): D {
  return new Proxy(database, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      const call: Ask = (...args) => Reflect.apply(member, target, args);
      if (key === 'query') return (...args: unknown[]) => turns.run(textOf(args[0]), () => call(...args));
      if (key === 'connect') return async () => clientInTurns(await call(), turns);
      return call;
    },
  });
}

function clientInTurns(client: unknown, turns: Turns): unknown {
  if (typeof client !== 'object' || client === null) return client;
  return new Proxy(client, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      const call: Ask = (...args) => Reflect.apply(member, target, args);
      return key === 'query' ? (...args: unknown[]) => turns.run(textOf(args[0]), () => call(...args)) : call;
    },
  });
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  return typeof query === 'object' && query !== null && 'text' in query ? String(query.text) : '';
}
