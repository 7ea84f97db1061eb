import type { CallToolResult, JSONRPCMessage, MessageExtraInfo } from '@modelcontextprotocol/sdk/types.js';
import type { Transport, TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Brake } from '../brake.ts';
import { prepareLabels, type BrakeLabels } from '../brake-labels.ts';
import { wordsForModel } from '../paused-error.ts';
import { refusal } from '../refusal.ts';

/** The labels of a call besides its tool, which is the skill. A function is asked at each call. */
export type CallLabels = BrakeLabels | ((tool: string, extra?: MessageExtraInfo) => BrakeLabels);

export interface BrakedTransportOptions {
  brake: Pick<Brake, 'gate'>;
  labels?: CallLabels;
}

const CALL = 'tools/call';
const CANCELLED = 'notifications/cancelled';

/**
 * Stands before an MCP server: `await server.connect(brakeTransport(new StdioServerTransport(), { brake, labels }))`. A
 * tool that is called while its labels are paused is not called; the model reads why. Everything else passes.
 */
export function brakeTransport(inner: Transport, { brake, labels = {} }: BrakedTransportOptions): Transport {
  return new BrakedTransport(inner, brake, labels);
}

/**
 * The same around one handler: `server.registerTool('fetch', config, brakeTool(brake, { agent_id, skill: 'fetch' },
 * handler))`. The result of a call that was not made is an error that the model reads.
 */
export function brakeTool<Args extends unknown[], R>(
  brake: Pick<Brake, 'gate'>,
  labels: BrakeLabels,
  handler: (...args: Args) => R | Promise<R>,
): (...args: Args) => Promise<R | CallToolResult> {
  const asked = prepareLabels(labels);
  return async (...args) => {
    const refused = await refusalOf(brake, asked);
    return refused ?? handler(...args);
  };
}

class BrakedTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: <T extends JSONRPCMessage>(message: T, extra?: MessageExtraInfo) => void;
  readonly #inner: Transport;
  readonly #brake: Pick<Brake, 'gate'>;
  readonly #labels: CallLabels;
  /** Calls that are at the gate; whether each was cancelled meanwhile. */
  readonly #atGate = new Map<string | number, { cancelled: boolean }>();

  constructor(inner: Transport, brake: Pick<Brake, 'gate'>, labels: CallLabels) {
    this.#inner = inner;
    this.#brake = brake;
    this.#labels = labels;
    inner.onmessage = (message, extra) => this.#hear(message, extra);
    inner.onclose = () => this.onclose?.();
    inner.onerror = (error) => this.onerror?.(error);
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }
  get setProtocolVersion(): ((version: string) => void) | undefined {
    const { setProtocolVersion } = this.#inner;
    return setProtocolVersion === undefined ? undefined : (version) => setProtocolVersion.call(this.#inner, version);
  }

  start(): Promise<void> {
    return this.#inner.start();
  }
  send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    return this.#inner.send(message, options);
  }
  close(): Promise<void> {
    return this.#inner.close();
  }

  #hear(message: JSONRPCMessage, extra: MessageExtraInfo | undefined): void {
    if ('method' in message && message.method === CALL) {
      this.#ask(message, message.params, extra).catch((error: unknown) =>
        this.onerror?.(error instanceof Error ? error : new Error(String(error))),
      );
      return;
    }
    if ('method' in message && message.method === CANCELLED) {
      const id = message.params?.['requestId'];
      const waiting = typeof id === 'string' || typeof id === 'number' ? this.#atGate.get(id) : undefined;
      if (waiting !== undefined) {
        waiting.cancelled = true;
        return;
      }
    }
    this.onmessage?.(message, extra);
  }

  async #ask(
    message: JSONRPCMessage,
    params: Record<string, unknown> | undefined,
    extra: MessageExtraInfo | undefined,
  ): Promise<void> {
    const id = 'id' in message ? message.id : undefined;
    const waiting = { cancelled: false };
    if (id !== undefined) this.#atGate.set(id, waiting);
    const refused = await this.#refused(params?.['name'], extra);
    if (id !== undefined) this.#atGate.delete(id);
    if (waiting.cancelled) return;
    if (refused === undefined) this.onmessage?.(message, extra);
    // What asks for no answer is dropped.
    else if (id !== undefined)
      await this.#inner.send({ jsonrpc: '2.0', id, result: refused }, { relatedRequestId: id });
  }

  async #refused(tool: unknown, extra: MessageExtraInfo | undefined): Promise<CallToolResult | undefined> {
    try {
      // A call without a name is one that the server refuses by itself.
      const skill = typeof tool === 'string' && tool.trim() !== '' ? { skill: tool } : {};
      const given = typeof this.#labels === 'function' ? this.#labels(String(tool), extra) : this.#labels;
      return await refusalOf(this.#brake, { ...skill, ...given });
    } catch (error) {
      return toResult(
        'The brake of this server cannot judge the call: ' +
          `${error instanceof Error ? error.message : String(error)}. It was not made. Do not retry it; stop here.`,
      );
    }
  }
}

/** @returns what the model reads in place of the result; undefined: the call may be made */
async function refusalOf(brake: Pick<Brake, 'gate'>, labels: BrakeLabels): Promise<CallToolResult | undefined> {
  const refused = await refusal(brake, labels);
  return refused === undefined ? undefined : toResult(wordsForModel(refused));
}

function toResult(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}
