import { cloudEvent, senateEvent, senateMessage, type SenateEvent } from '@orchestra/pause-core/contract';
import { deskTick, type DeskTick } from '@orchestra/task-queue/contract';
import { until } from '@orchestra/testkit';

export interface Received {
  /** Its position. */
  id: string;
  /** Of the CloudEvent. */
  eventId: string;
  event: SenateEvent;
}

/**
 * A reader of the event stream that keeps what it was told, checked against the contract: where that fails, so does
 * what is asked of it next.
 */
export class StreamReader {
  readonly received: Received[] = [];
  /** What moves between two changes; told to who asks for it. */
  readonly ticks: DeskTick[] = [];
  /** Comments, which carry no event. */
  heartbeats = 0;
  ended = false;
  readonly response: Response;
  readonly #leave: AbortController;
  #rest = '';
  #misread: Error | undefined;

  private constructor(response: Response, leave: AbortController) {
    this.response = response;
    this.#leave = leave;
  }

  static async open(url: string, token: string, lastEventId?: string, query = ''): Promise<StreamReader> {
    const leave = new AbortController();
    const response = await fetch(`${url}/api/senate/events${query}`, {
      headers: {
        authorization: `Bearer ${token}`,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
      signal: leave.signal,
    });
    const reader = new StreamReader(response, leave);
    if (response.ok) void reader.#read();
    return reader;
  }

  get lastId(): string {
    return this.received.at(-1)?.id ?? '';
  }

  /** Everything told, as `type of what`. */
  get told(): string[] {
    if (this.#misread !== undefined) throw this.#misread;
    return this.received.map(({ event }) => {
      if (event.type === 'snapshot')
        return `snapshot of ${
          event.data.pauses
            .map((pause) => pause.scope_value)
            .toSorted()
            .join(', ') || 'nothing'
        }`;
      if (event.type === 'run.stopping') return `${event.type} ${event.data.task_ids.join(', ')}`;
      return `${event.type} ${'ref_id' in event.data ? event.data.ref_id : event.data.scope_value}`;
    });
  }

  async until(told: string): Promise<void> {
    await until(`${told} in the stream`, () => this.told.includes(told));
  }

  leave(): void {
    this.#leave.abort();
    if (this.#misread !== undefined) throw this.#misread;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    try {
      for await (const chunk of this.response.body ?? []) {
        this.#hear(() => decoder.decode(chunk, { stream: true }));
      }
    } catch {
      // the connection was cut; `ended` tells
    }
    this.ended = true;
  }

  #hear(decode: () => string): void {
    try {
      const messages = (this.#rest + decode()).split('\n\n');
      this.#rest = messages.pop() ?? '';
      for (const message of messages) this.#take(message);
    } catch (error) {
      this.#misread ??= new Error('what came by the stream is not as the contract has it', { cause: error });
    }
  }

  #take(message: string): void {
    if (message.startsWith(':')) this.heartbeats += 1;
    const fields = new Map(
      message.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    const data = fields.get('data');
    if (data === undefined) return;
    if (fields.get('event') === 'desk') {
      // No position: whoever resumes does so behind the last event, whatever ticks came since.
      if (fields.has('id')) throw new Error(`a tick has the position ${fields.get('id')}`);
      this.ticks.push(deskTick.parse(JSON.parse(data)));
      return;
    }
    const envelope = senateMessage.parse(cloudEvent.parse(JSON.parse(data)));
    if (envelope.type !== `orchestra.${fields.get('event')}`)
      throw new Error(`the event line says ${fields.get('event')} and the envelope ${envelope.type}`);
    this.received.push({
      id: fields.get('id') ?? '',
      eventId: envelope.id,
      event: senateEvent.parse({ type: fields.get('event'), data: envelope.data }),
    });
  }
}
