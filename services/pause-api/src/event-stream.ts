import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { inTransaction, type Database } from '@orchestra/database';
import { headOfStream, markAt, unplacedEvents } from '@orchestra/pause-core';
import { toCloudEvent } from '@orchestra/pause-core/contract';
import { ProblemError, Shares, type Authenticator, type Logger } from '@orchestra/service-shell';
import { listActivePauseViews } from '@orchestra/task-queue';
import type { DeskReader, DeskTicker } from './desk-ticker.ts';
import { message, placeAll, type EventFeed } from './event-feed.ts';
import { parseStreamId } from './stream-id.ts';
import { StreamWriter, type StreamLimits } from './stream-writer.ts';

/** Why this service ended a stream. */
export type CutWhy = 'slow' | 'token' | 'stopping' | 'rewound';

export interface EventStreamOptions {
  db: Database;
  feed: EventFeed;
  authenticator: Authenticator;
  log: Logger;
  onCut: (why: CutWhy) => void;
  /** For readers that follow it too. */
  desk: DeskTicker;
  limits?: Partial<StreamLimits> & { max?: number; share?: number; heartbeatMs?: number; recheckMs?: number };
}

const STREAMS_MAX = 200;
// Of one token, at any time; more only while half of all streams is free.
const SHARE = 10;
const HEARTBEAT_MS = 15_000;
// A revocation is heard of. Where its bell was lost, the stream ends this long after it, plus what a slow reader may
// take.
const RECHECK_MS = 15_000;
const RETRY_MS = 1_000;
const HEARTBEAT = ': still here\n\n';

/** Where a stream begins: after this position, without the events that its snapshot already tells. */
interface Start {
  position: number;
  told: ReadonlySet<string>;
  opening: string;
}

/**
 * The streams of `GET /api/senate/events`. Each reads on by itself and writes only what its reader takes, so nobody is
 * buffered for: a reader that stops reading is cut off, comes back with `Last-Event-ID`, and finds everything in the
 * table.
 */
export class EventStreams {
  readonly #options: EventStreamOptions;
  readonly #open = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #wakers = new Set<() => void>();
  /** Counts the calls of {@link recheck}. */
  #rechecks = 0;

  readonly #shares: Shares;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#shares = new Shares({ max: options.limits?.max ?? STREAMS_MAX, share: options.limits?.share ?? SHARE });
  }

  get count(): number {
    return this.#shares.count;
  }

  /** A token may have been revoked: every stream asks now whether its own is still good. */
  recheck(): void {
    this.#rechecks += 1;
    for (const wake of this.#wakers) wake();
  }

  /**
   * Begins a stream and resolves once it has begun.
   *
   * @param options.token whose streams are counted together
   * @param options.pausesOnly true: it is told of pauses alone
   * @throws ProblemError `too_many_streams`, `token_share_used`; the database's error when it cannot be read
   */
  async open(
    request: Request,
    response: Response,
    { token, desk = false, pausesOnly = false }: { token: string; desk?: boolean; pausesOnly?: boolean },
  ): Promise<void> {
    const headers = { 'Retry-After': '5' };
    if (this.#stopping.signal.aborted)
      throw new ProblemError('too_many_streams', 'this service is stopping; try again in a moment', { headers });
    const place = this.#shares.take(token); // from here on it counts, also while its first reading is under way
    if (!place.taken && place.why === 'full')
      throw new ProblemError(
        'too_many_streams',
        `${this.count} streams are open, as many as this service keeps; try again in a moment`,
        { headers },
      );
    if (!place.taken)
      throw new ProblemError(
        'token_share_used',
        `this token has ${place.held} streams open, and half of all are taken; close some of them, or follow ` +
          'with a token of your own',
        { headers },
      );
    const begun = Promise.withResolvers<void>();
    const stream = this.#run(request, response, begun, { desk, pausesOnly }).finally(() => {
      this.#open.delete(stream);
      place.giveBack();
    });
    this.#open.add(stream);
    await begun.promise;
  }

  /** Ends every stream and takes no new one. Readers come back by themselves. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#open);
  }

  async #run(
    request: Request,
    response: Response,
    begun: PromiseWithResolvers<void>,
    wants: { desk: boolean; pausesOnly: boolean },
  ): Promise<void> {
    let writer: StreamWriter | undefined;
    let deaf = (): void => {};
    let desk: DeskReader | undefined;
    try {
      const start = await this.#startOf(request);
      const stream = (writer = new StreamWriter(response, this.#stopping.signal, this.#options.limits));
      const wake = (): void => stream.wake();
      const unheard = this.#options.feed.onNews(wake);
      this.#wakers.add(wake);
      deaf = () => {
        unheard();
        this.#wakers.delete(wake);
      };
      if (wants.desk) desk = this.#options.desk.follow(() => stream.wake());
      begun.resolve();
      await stream.write(start.opening);
      start.opening = ''; // a thousand pauses are a megabyte, and the stream may last for weeks
      const cut = await this.#follow(stream, request, start, { desk, pausesOnly: wants.pausesOnly });
      if (cut !== undefined) this.#options.onCut(cut);
    } catch (error) {
      begun.reject(error); // changes nothing once the stream has begun
      if (writer !== undefined)
        this.#options.log.warn({ err: error }, 'an event stream broke off; its reader will come back');
    } finally {
      deaf();
      desk?.leave();
      writer?.end();
    }
  }

  async #startOf(request: Request): Promise<Start> {
    const { db } = this.#options;
    const last = parseStreamId(request.headers['last-event-id']);
    const opening = `retry: ${RETRY_MS}\n\n`;
    // Only behind an event that is the very one the reader has seen: after a restore, or at another database, another
    // one stands at its position.
    if (last !== undefined && (await markAt(db, last.position)) === last.mark)
      return { position: last.position, told: new Set(), opening };
    await placeAll(db); // so that as few events as possible are told twice, in the snapshot and by themselves
    return inTransaction(db, async (tx) => {
      await tx.query('set transaction isolation level repeatable read');
      const head = await headOfStream(tx);
      const told = await unplacedEvents(tx);
      const pauses = await listActivePauseViews(tx);
      const {
        rows: [clock],
      } = await tx.query<{ now: Date }>('select now()');
      const snapshot = toCloudEvent({
        id: `snapshot-${randomUUID()}`,
        at: clock?.now ?? new Date(),
        event: { type: 'snapshot', data: { pauses } },
      });
      return { position: head.position, told, opening: opening + message(head, snapshot) };
    });
  }

  /** Writes events as they come, until the reader is gone or has to be cut off. */
  async #follow(
    writer: StreamWriter,
    request: Request,
    start: Start,
    { desk, pausesOnly }: { desk: DeskReader | undefined; pausesOnly: boolean },
  ): Promise<CutWhy | undefined> {
    const { feed, limits } = this.#options;
    const heartbeatMs = limits?.heartbeatMs ?? HEARTBEAT_MS;
    let { position } = start;
    const { rewinds } = feed;
    let checkedAtMs = performance.now();
    let rechecks = this.#rechecks;
    while (writer.open) {
      if (feed.rewinds !== rewinds) return 'rewound';
      if (rechecks !== this.#rechecks || performance.now() - checkedAtMs >= (limits?.recheckMs ?? RECHECK_MS)) {
        rechecks = this.#rechecks;
        if (!(await this.#options.authenticator.stillMay(request, pausesOnly ? 'ask' : 'read'))) return 'token';
        checkedAtMs = performance.now();
      }
      const { version } = feed; // before reading, so that nothing falls between the two
      const events = await this.#after(position);
      for (const event of events ?? []) {
        if (!start.told.has(event.id) && (!pausesOnly || event.type.startsWith('pause.')))
          await writer.write(event.text);
        position = event.position;
      }
      const tick = desk?.take();
      if (tick !== undefined) await writer.write(tick);
      const upToDate = events === undefined || (events.length === 0 && feed.version === version);
      if (upToDate && !(await writer.idle(events === undefined ? RETRY_MS : heartbeatMs)))
        await writer.write(HEARTBEAT);
    }
    return writer.cutWhy;
  }

  /** undefined: the database is away; what a reader needs is still there when it is back. */
  async #after(position: number): Promise<Awaited<ReturnType<EventFeed['after']>> | undefined> {
    try {
      return await this.#options.feed.after(position);
    } catch {
      return undefined; // the loop that advances the feed has the same trouble and tells it
    }
  }
}
