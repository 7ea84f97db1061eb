import type { Response } from 'express';

export interface StreamLimits {
  /** How long a reader may take for one piece. */
  drainMs: number;
}

const DRAIN_MS = 10_000;
// Together with the response's own buffer the most that is ever held for one reader, however long the message.
const PIECE_BYTES = 64 * 1_024;

/**
 * The writing end of one stream. It hands over a piece at a time and waits until the reader has taken it; a reader that
 * takes nothing for ten seconds is cut off. `open` turns false when the reader is gone, was cut off, or the service
 * stops.
 */
export class StreamWriter {
  readonly #response: Response;
  readonly #stopping: AbortSignal;
  readonly #drainMs: number;
  // A callback and not promises to race: those would pile up on a stream that stays open for weeks.
  #resume: (() => void) | undefined;
  #open = true;
  #cutWhy: 'slow' | 'stopping' | undefined;

  constructor(response: Response, stopping: AbortSignal, limits: Partial<StreamLimits> = {}) {
    this.#response = response;
    this.#stopping = stopping;
    this.#drainMs = limits.drainMs ?? DRAIN_MS;
    response.on('drain', () => this.wake());
    response.on('close', () => this.#close());
    response.on('error', () => this.#close()); // a write to a reader that has just gone
    stopping.addEventListener('abort', this.#stop);
    if (stopping.aborted) this.#stop();
    if (response.destroyed) {
      this.#close();
      return;
    }
    response.setHeader('Content-Type', 'text/event-stream');
    response.setHeader('Cache-Control', 'no-cache, no-transform');
    // Without it nginx keeps events back until its buffer is full.
    response.setHeader('X-Accel-Buffering', 'no');
    response.flushHeaders();
  }

  get open(): boolean {
    return this.#open;
  }

  /** Set when it was this end that closed the stream. */
  get cutWhy(): 'slow' | 'stopping' | undefined {
    return this.#cutWhy;
  }

  /** Resolves when the reader has taken it, or is no longer there to. */
  async write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    for (let start = 0; this.#open && start < bytes.length; start += PIECE_BYTES) {
      if (!this.#response.write(bytes.subarray(start, start + PIECE_BYTES))) await this.#untilTaken();
    }
  }

  /** Ends an {@link idle} under way. */
  wake(): void {
    this.#resume?.();
  }

  /** Waits for {@link wake} or the end of the stream. @returns false when neither came for so long */
  async idle(ms: number): Promise<boolean> {
    if (!this.#open) return true;
    let timer: NodeJS.Timeout | undefined;
    const woken = await new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, ms, false);
      this.#resume = () => resolve(true);
    });
    clearTimeout(timer);
    this.#resume = undefined;
    return woken;
  }

  /** Ends the stream in good order, or by force when its reader does not take the end either. */
  end(): void {
    this.#close();
    if (this.#response.destroyed) return;
    const force = setTimeout(() => this.#response.destroy(), this.#drainMs);
    this.#response.once('close', () => clearTimeout(force)).end(() => clearTimeout(force));
  }

  async #untilTaken(): Promise<void> {
    const deadline = performance.now() + this.#drainMs;
    while (this.#open && this.#response.writableNeedDrain) {
      const leftMs = deadline - performance.now();
      if (leftMs > 0) {
        await this.idle(leftMs);
      } else {
        this.#cutWhy = 'slow';
        this.#close();
        this.#response.destroy(); // not `end`: what is buffered would wait for this reader for ever
      }
    }
  }

  readonly #stop = (): void => {
    if (this.#open) this.#cutWhy = 'stopping';
    this.#close();
  };

  #close(): void {
    this.#open = false;
    this.#stopping.removeEventListener('abort', this.#stop);
    this.wake();
  }
}
