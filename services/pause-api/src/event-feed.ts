import type { Database } from '@orchestra/database';
import {
  eventsAfter,
  headOfStream,
  newsPosition,
  PLACED_MAX,
  sequenceEvents,
  type MarkedPosition,
  type PlacedEvent,
} from '@orchestra/pause-core';
import { shortType, toCloudEvent, type SenateMessage } from '@orchestra/pause-core/contract';
import { streamId } from './stream-id.ts';

/** An event as it goes over the wire, made once for all readers. */
export interface FeedEvent {
  id: string;
  position: number;
  mark: string;
  /** As its `event:` line says it. */
  type: string;
  text: string;
}

const BATCH_MAX = 200;
// What a stream has in hand while its reader takes none of it, besides one event that may be longer. Each stream has
// its own, so it is small.
const READER_CHARS_MAX = 250_000;
// What readers that keep up are served from. One that is further behind reads the table.
const KEPT_MAX = 1_000;
const KEPT_CHARS_MAX = 4_000_000;

/** The newest events of `senate_events`, read once for all streams of this process. */
export class EventFeed {
  readonly #db: Database;
  /** Complete behind `#keptSince`, oldest first. */
  #kept: FeedEvent[] = [];
  #keptChars = 0;
  #keptSince = Infinity;
  #head: MarkedPosition = { position: 0, mark: null };
  #version = 0;
  #rewinds = 0;
  readonly #listeners = new Set<() => void>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Changes whenever there are new events. */
  get version(): number {
    return this.#version;
  }

  /**
   * Changes when the database has been put back to an earlier state, or is another: positions told before may come
   * again for other events.
   */
  get rewinds(): number {
    return this.#rewinds;
  }

  /** Tells of new events until the answer is called. */
  onNews(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Gives committed events their place and reads what is new. Called by a loop; never twice at once. */
  async advance(): Promise<void> {
    // Mostly there is nothing new, and one statement says so.
    const { unplaced, head: headNow, knownMark } = await newsPosition(this.#db, this.#head.position);
    const rewound = knownMark !== this.#head.mark;
    if (!unplaced && !rewound && headNow === this.#head.position && this.#keptSince !== Infinity) return;
    await placeAll(this.#db);
    const head = await headOfStream(this.#db);
    if (this.#keptSince === Infinity || rewound || head.position < this.#head.position) this.#beginAt(head);
    for (;;) {
      const events = await eventsAfter(this.#db, this.#head.position, BATCH_MAX);
      if (events.length === 0) return;
      this.#keep(events.map(toFeedEvent));
    }
  }

  /** Events behind a position, in order, a batch at a time; from memory where it reaches back so far. */
  async after(position: number): Promise<FeedEvent[]> {
    if (position >= this.#keptSince) return firstOf(this.#kept.filter((event) => event.position > position));
    return (await eventsAfter(this.#db, position, BATCH_MAX, READER_CHARS_MAX)).map(toFeedEvent);
  }

  #beginAt(head: MarkedPosition): void {
    if (this.#keptSince !== Infinity) this.#rewinds += 1;
    this.#kept = [];
    this.#keptChars = 0;
    this.#head = head;
    this.#keptSince = head.position;
    this.#tell();
  }

  #tell(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }

  #keep(events: FeedEvent[]): void {
    if (events.length === 0) return;
    for (const event of events) {
      this.#kept.push(event);
      this.#keptChars += event.text.length;
      this.#head = { position: event.position, mark: event.mark };
    }
    while (this.#kept.length > KEPT_MAX || this.#keptChars > KEPT_CHARS_MAX) {
      const oldest = this.#kept.shift();
      if (oldest === undefined) break;
      this.#keptChars -= oldest.text.length;
      this.#keptSince = oldest.position;
    }
    this.#tell();
  }
}

/** As many as a stream may have in hand; one at least. */
function firstOf(events: FeedEvent[]): FeedEvent[] {
  let chars = 0;
  return events.filter((event) => {
    const before = chars;
    chars += event.text.length;
    return before < READER_CHARS_MAX;
  });
}

/** Places every event that is committed by now. */
export async function placeAll(db: Database): Promise<void> {
  let placed: number;
  do placed = await sequenceEvents(db);
  while (placed === PLACED_MAX);
}

function toFeedEvent({ id, position, mark, at, event }: PlacedEvent): FeedEvent {
  const told = toCloudEvent({ id, at, event });
  return { id, position, mark, type: shortType(told.type) ?? '', text: message({ position, mark }, told) };
}

/** One server-sent event. JSON holds no line break, so one `data:` line is enough. */
export function message(at: MarkedPosition, told: SenateMessage): string {
  return `id: ${streamId(at)}\nevent: ${shortType(told.type)}\ndata: ${JSON.stringify(told)}\n\n`;
}
