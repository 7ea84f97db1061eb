import { ApiError } from '@orchestra-brake/client';
import type { GateRefusal, GateReportRequest } from '@orchestra/pause-core/contract';
import type { TaskLabels } from '@orchestra/pause-core/replica';

const REPORT_EVERY_MS = 5_000;
// A pause is confirmed at once; what was refused may be a moment older.
const NEWS_AFTER_MS = 10;
const REFUSALS_AFTER_MS = 500;
const RETRY_MS = 2_000;
const REFUSALS_MAX = 200;
const KNOWN_MAX = 5_000;

interface Met {
  pauseId: string;
  agentId: string | null;
  skill: string | null;
  refused: number;
  firstAtMs: number;
  lastAtMs: number;
}

export interface GateReporterOptions {
  about: Pick<GateReportRequest, 'id' | 'name' | 'kind' | 'host' | 'stops_when_unknown'>;
  /** The ids of the active pauses that this gate knows; undefined: it knows nothing yet. */
  known: () => string[] | undefined;
  send: (report: GateReportRequest) => Promise<unknown>;
}

/**
 * Tells the service which pauses this gate knows and what it has refused. No gate waits for it, and no error of it
 * reaches one: what could not be sent is sent with the next report. What waits is bounded; refusals beyond 200 kinds
 * are counted without their labels.
 */
export class GateReporter {
  readonly #options: GateReporterOptions;
  readonly #met = new Map<string, Met>();
  #knownTold = false;
  #timer: NodeJS.Timeout | undefined;
  #dueAtMs = Infinity;
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(options: GateReporterOptions) {
    this.#options = options;
  }

  /** What this gate knows has changed, or it has begun. */
  changed(): void {
    this.#knownTold = false;
    this.#reportIn(NEWS_AFTER_MS);
  }

  /** A step was stopped. */
  refused(pauseId: string, { agentId = null, skill = null }: TaskLabels): void {
    const nowMs = performance.now();
    const full = this.#met.size >= REFUSALS_MAX;
    const key = `${pauseId} ${agentId ?? ''}`;
    const met = this.#met.get(key) ?? (full ? this.#met.get(pauseId) : undefined);
    if (met === undefined) {
      // One place of its own for what is beyond, for each pause; with as many pauses as that it is not counted at all.
      if (full && this.#met.size >= 2 * REFUSALS_MAX) return;
      this.#met.set(full ? pauseId : key, {
        pauseId,
        agentId: full ? null : agentId,
        skill,
        refused: 1,
        firstAtMs: nowMs,
        lastAtMs: nowMs,
      });
    } else {
      met.refused += 1;
      met.skill = skill;
      met.lastAtMs = nowMs;
    }
    this.#reportIn(REFUSALS_AFTER_MS);
  }

  /** Reports once more that this gate ends, where that can be said at all. Never rejects. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sending;
    await this.#send(true);
  }

  #reportIn(ms: number): void {
    const dueAtMs = performance.now() + ms;
    if (this.#closed || dueAtMs >= this.#dueAtMs) return;
    clearTimeout(this.#timer);
    this.#dueAtMs = dueAtMs;
    this.#timer = setTimeout(() => this.#report(), ms);
    this.#timer.unref(); // what it has to say keeps no process alive
  }

  #report(): void {
    this.#dueAtMs = Infinity;
    if (this.#sending !== undefined) return; // it reports again once that one has ended
    this.#sending = this.#send(false).then((arrived) => {
      this.#sending = undefined;
      const next = this.#met.size > 0 ? REFUSALS_AFTER_MS : REPORT_EVERY_MS;
      this.#reportIn(arrived ? (this.#knownTold ? next : NEWS_AFTER_MS) : RETRY_MS);
    });
  }

  /** @returns whether it arrived */
  async #send(leaving: boolean): Promise<boolean> {
    const ids = this.#knownTold ? undefined : this.#options.known();
    const nowMs = performance.now();
    const met = [...this.#met].slice(0, REFUSALS_MAX);
    for (const [key] of met) this.#met.delete(key);
    this.#knownTold = true; // a change from here on is told by the next report
    try {
      await this.#options.send({
        ...this.#options.about,
        known_pauses: ids === undefined ? null : ids.slice(0, KNOWN_MAX),
        refusals: met.map(([, one]) => toRefusal(one, nowMs)),
        leaving,
      });
      return true;
    } catch (error) {
      // The service is away, or refuses; the gate itself says so where it matters. It goes out with the next report,
      // unless it holds labels that the service does not take: those would be refused each time.
      if (!(error instanceof ApiError && error.code === 'invalid_request'))
        for (const [key, one] of met) this.#keep(key, one);
      this.#knownTold = false;
      return false;
    }
  }

  #keep(key: string, one: Met): void {
    const since = this.#met.get(key);
    if (since === undefined) this.#met.set(key, one);
    else this.#met.set(key, { ...since, refused: since.refused + one.refused, firstAtMs: one.firstAtMs });
  }
}

function toRefusal({ pauseId, agentId, skill, refused, firstAtMs, lastAtMs }: Met, nowMs: number): GateRefusal {
  return {
    pause_id: pauseId,
    agent_id: agentId,
    skill,
    refused,
    first_ago_ms: Math.max(0, nowMs - firstAtMs),
    last_ago_ms: Math.max(0, nowMs - lastAtMs),
  };
}
