import type { Client } from '@orchestra-brake/client';
import { isTransient } from '@orchestra-brake/client';
import type { PauseView } from '@orchestra/pause-core/contract';
import type { PauseReplica } from '@orchestra/pause-core/replica';
import { toPauseView } from '@orchestra/pause-core/wire';
import { prepareLabels, PreparedLabels, readLabels, type BrakeLabels } from './brake-labels.ts';
import { ForTurn } from './for-turn.ts';
import type { GateReporter } from './gate-reporter.ts';
import { PausedError } from './paused-error.ts';
import { whenClear } from './when-clear.ts';

/** What one look at the pauses has found. */
export interface Look {
  paused: boolean;
  /** What the operator has written, or why it is not known; null where nothing is paused. */
  reason: string | null;
  /** The id of the pause; null where nothing is paused, or it is not known. */
  pause_id: string | null;
}

export interface WaitOptions {
  /** Ends the wait, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface IterateOptions extends WaitOptions {
  /** At a pause: `throw` PausedError (unless given), or `wait` until it is over and go on. */
  whenPaused?: 'throw' | 'wait';
}

/**
 * Stops an agent before its next step. Every method throws TypeError for a label that no pause can name, a blank one,
 * and for none.
 */
export interface Brake {
  /**
   * Whether a step with these labels may begin, from memory. It costs nothing, and may be asked before every step.
   * Nothing is reported.
   */
  look(labels: BrakeLabels): Look;
  /** The same, by one call that reads the database. @throws ApiError, ConnectionError when that cannot be asked */
  ask(labels: BrakeLabels, options?: WaitOptions): Promise<Look>;
  /** Resolves when the step may begin. With `strict` it asks the database. @throws PausedError when it must not */
  gate(labels: BrakeLabels): Promise<void>;
  /** Resolves once a step with these labels may begin, however long that takes. */
  whenClear(labels: BrakeLabels, options?: WaitOptions): Promise<void>;
  /** Calls `fn` behind a gate. @throws PausedError; whatever `fn` throws */
  withBrake<T>(labels: BrakeLabels, fn: () => T | Promise<T>): Promise<T>;
  /** The items, with a gate before each. @throws PausedError in place of an item, unless it is to wait */
  iterate<T>(
    labels: BrakeLabels,
    items: Iterable<T> | AsyncIterable<T>,
    options?: IterateOptions,
  ): AsyncGenerator<T, void, undefined>;
  /** Calls back whenever what is paused may have changed. @returns how to end that */
  onChange(listener: () => void): () => void;
  /** Ends the connection. What it knows is believed for `unknownAfterMs` more. */
  close(): Promise<void>;
}

export interface BrakeParts {
  client: Pick<Client, 'askGate'>;
  replica: PauseReplica;
  reporter: Pick<GateReporter, 'refused' | 'changed' | 'close'>;
  onUnknown: 'stop' | 'continue';
  strict: boolean;
  /** Why the service refuses this gate, such as a revoked token; undefined: it does not. */
  refusal: () => string | undefined;
}

interface Found {
  look: Look;
  pause: PauseView | null;
}

const CLEAR: Look = Object.freeze({ paused: false, reason: null, pause_id: null });
const PASSED = Promise.resolve();
// A step that is due must not hang because the brake cannot be asked.
const ASK = { timeLimitMs: 3_000, triesMax: 2 };

/** A brake over a copy of the pauses that somebody else keeps up to date. */
export function makeBrake({ client, replica, reporter, onUnknown, strict, refusal }: BrakeParts): Brake {
  const notKnown = new ForTurn(whyNotKnown);
  const found = new WeakMap<object, Found>();
  const listeners = new Set<() => void>();
  const waiters = new Set<() => void>();

  const news = (): void => {
    notKnown.reset();
    for (const listener of listeners) listener();
    for (const wake of waiters) wake();
  };
  replica.on('changed', () => {
    reporter.changed();
    news();
  });
  replica.on('state', news);

  function whyNotKnown(): Found | undefined {
    if (onUnknown === 'continue') return undefined;
    const refused = refusal();
    if (refused !== undefined) return unknown(`the brake may not read what is paused: ${refused}`);
    if (!replica.known) return unknown('what is paused could not be read yet');
    return replica.stale ? unknown('what is paused could not be read lately') : undefined;
  }

  function find(labels: BrakeLabels): Found | undefined {
    const { knowledge } = replica;
    if (labels instanceof PreparedLabels && labels.clearIn === knowledge) return notKnown.value;
    return findAnew(labels, knowledge);
  }

  function findAnew(labels: BrakeLabels, knowledge: object): Found | undefined {
    const covered = replica.isPaused(readLabels(labels));
    if (!covered.paused) {
      if (labels instanceof PreparedLabels) labels.clearIn = knowledge;
      return notKnown.value;
    }
    let known = found.get(covered);
    if (known === undefined) {
      known = {
        look: { paused: true, reason: covered.reason, pause_id: covered.pause.id },
        pause: toPauseView(covered.pause),
      };
      found.set(covered, known);
    }
    return known;
  }

  function refuse(labels: BrakeLabels, { look, pause }: Found, cause?: unknown): PausedError {
    if (pause !== null) reporter.refused(pause.id, readLabels(labels));
    const reason = look.reason ?? 'paused';
    return new PausedError(
      pause === null ? 'unknown' : 'paused',
      { reason, pause, labels: { ...labels } },
      cause === undefined ? {} : { cause },
    );
  }

  async function askFound(labels: BrakeLabels, signal?: AbortSignal): Promise<Found | undefined> {
    const { agentId, skill, questId, actorId } = readLabels(labels);
    const answer = await client.askGate(
      {
        ...labelled('agent_id', agentId),
        ...labelled('skill', skill),
        ...labelled('quest_id', questId),
        ...labelled('actor_id', actorId),
      },
      { ...ASK, signal },
    );
    return answer.paused
      ? { look: { paused: true, reason: answer.reason, pause_id: answer.pause?.id ?? null }, pause: answer.pause }
      : undefined;
  }

  async function strictGate(labels: BrakeLabels): Promise<void> {
    let asked: Found | undefined;
    try {
      asked = await askFound(labels);
    } catch (cause) {
      if (cause instanceof TypeError) throw cause;
      // What is known to be paused stays paused, whatever cannot be asked.
      const held = find(labels);
      if (held !== undefined) throw refuse(labels, held, cause);
      if (onUnknown === 'continue' && isTransient(cause)) return;
      throw refuse(
        labels,
        unknown(`whether this is paused could not be asked: ${cause instanceof Error ? cause.message : String(cause)}`),
        cause,
      );
    }
    if (asked !== undefined) throw refuse(labels, asked);
  }

  const brake: Brake = {
    look: (labels) => find(labels)?.look ?? CLEAR,
    ask: async (labels, { signal } = {}) => (await askFound(labels, signal))?.look ?? CLEAR,
    gate: (labels) => {
      if (strict) return strictGate(labels);
      try {
        const held = find(labels);
        // One promise for all that pass: before each step, this is a look and nothing else.
        return held === undefined ? PASSED : Promise.reject(refuse(labels, held));
      } catch (error) {
        return Promise.reject(error as Error);
      }
    },
    whenClear: (labels, { signal } = {}) =>
      whenClear(
        brake,
        {
          once: (wake) => {
            waiters.add(wake);
            return () => waiters.delete(wake);
          },
        },
        labels,
        { strict, signal },
      ),
    withBrake: async (labels, fn) => {
      await brake.gate(labels);
      return await fn();
    },
    async *iterate(labels, items, { whenPaused = 'throw', signal } = {}) {
      const asked = prepareLabels(labels);
      for await (const item of items) {
        if (whenPaused === 'wait') await brake.whenClear(asked, { signal });
        else await brake.gate(asked);
        signal?.throwIfAborted();
        yield item;
      }
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      await reporter.close();
      await replica.stop();
    },
  };
  return brake;
}

function unknown(reason: string): Found {
  return { look: { paused: true, reason, pause_id: null }, pause: null };
}

function labelled(name: keyof BrakeLabels, value: string | null | undefined): BrakeLabels {
  return value === undefined || value === null ? {} : { [name]: value };
}
