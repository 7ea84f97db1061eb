import type { Logger } from './log.ts';

/** The span of a call, for what the call brings about. */
export interface CallSpan {
  /** W3C trace context, to be kept with a pause or a task: so a later trace finds this one. */
  readonly traceparent: string;
  /** Ties the span to another one, of which a `traceparent` was kept. What is none is passed over. */
  link(traceparent: string, about: Readonly<Record<string, string>>): void;
}

export interface OpenSpan extends CallSpan {
  /** Ends it, with the status that was answered. */
  end(status: number): void;
}

/** Traces of calls, by OpenTelemetry. Where tracing is off there is none of this, and nothing of it is loaded. */
export interface Tracing {
  /** @param parent the `traceparent` that the caller sent, if it is one */
  begin(call: { method: string; route: string }, parent: string | undefined): OpenSpan;
  /** Sends what is left, within a few seconds. */
  stop(): Promise<void>;
}

export interface TracingOptions {
  service: string;
  /** Of a collector that speaks OTLP over HTTP: its address without `/v1/traces`. */
  endpoint: string;
  log: Logger;
}

/** Starts tracing. The libraries are loaded here and not before: who does not trace does not wait for them. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { openTelemetry } = await import('./open-telemetry.ts');
  return openTelemetry(options);
}
