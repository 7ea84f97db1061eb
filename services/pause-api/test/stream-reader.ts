import { cloudEvent, senateEvent, senateMessage, type SenateEvent } from '@orchestra/pause-core/contract';
import { until } from '@orchestra/testkit';

export interface Received {
  /** Its position. */
  id: string;
  /** Of the CloudEvent. */
  eventId: string;
  event: SenateEvent;
}

/** A reader of the event stream that keeps what it was told, checked against the contract. */
export class StreamReader {
  readonly received: Received[] = [];
  /** Comments, which carry no event. */
  heartbeats = 0;
  ended = false;
  readonly response: Response;
  readonly #leave: AbortController;
  #rest = '';

  private constructor(response: Response, leave: AbortController) {
    this.response = response;
    this.#leave = leave;
  }

  static async open(url: string, token: string, lastEventId?: string): Promise<StreamReader> {
    const leave = new AbortController();
    const response = await fetch(`${url}/api/senate/events`, {
      headers: { authorization: `Bearer ${token}`, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) }, signal: leave.signal,
    });
    const reader = new StreamReader(response, leave);
    if (response.ok) void reader.#read();
    return reader;
  }

  get lastId(): string { return this.received.at(-1)?.id ?? ''; }

  /** Everything told, as `type of what`. */
  get told(): string[] {
    return this.received.map(({ event }) => {
      if (event.type === 'snapshot') return `snapshot of ${event.data.pauses.map((pause) => pause.scope_value).toSorted().join(', ') || 'nothing'}`;
      return `${event.type} ${'ref_id' in event.data ? event.data.ref_id : event.data.scope_value}`;
    });
  }

  async until(told: string): Promise<void> {
    await until(`${told} in the stream`, () => this.told.includes(told));
  }

  leave(): void { this.#leave.abort(); }

  async #read(): Promise<void> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    try {
      for await (const chunk of this.response.body ?? []) {
        const messages = (this.#rest + decoder.decode(chunk, { stream: true })).split('\n\n');
        this.#rest = messages.pop() ?? '';
        for (const message of messages) this.#take(message);
      }
    } catch {
      // the connection was cut; `ended` tells
    }
    this.ended = true;
  }

  #take(message: string): void {
    if (message.startsWith(':')) this.heartbeats += 1;
    const fields = new Map(message.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
    const data = fields.get('data');
    if (data === undefined) return;
    if (fields.get('event') === 'desk') return; // a tick of what moves between two changes, and no event
    const envelope = senateMessage.parse(cloudEvent.parse(JSON.parse(data)));
    if (envelope.type !== `orchestra.${fields.get('event')}`) throw new Error(`the event line says ${fields.get('event')} and the envelope ${envelope.type}`);
    this.received.push({ id: fields.get('id') ?? '', eventId: envelope.id, event: senateEvent.parse({ type: fields.get('event'), data: envelope.data }) });
  }
}
