import {
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type SpanContext,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { withTimeout } from '@orchestra/timing';
import type { Tracing, TracingOptions } from './tracing.ts';

// A collector that is away costs this much memory at most; what does not fit is dropped.
const SPANS_KEPT_MAX = 2_048;
const EXPORT_EVERY_MS = 2_000;
const EXPORT_LIMIT_MS = 5_000;
const STOP_LIMIT_MS = 3_000;

/** {@link Tracing} by the OpenTelemetry SDK. Without its globals: what a program around us traces stays its own. */
export function openTelemetry({ service, endpoint, log }: TracingOptions): Tracing {
  const tell = (...words: unknown[]): void =>
    log.warn({ trouble: words.map(String).join(' ').slice(0, 500) }, 'traces could not be sent');
  const hush = (): void => {};
  diag.setLogger(
    { error: tell, warn: tell, info: hush, debug: hush, verbose: hush },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'orchestra',
      'process.pid': process.pid,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({
          url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
          timeoutMillis: EXPORT_LIMIT_MS,
        }),
        maxQueueSize: SPANS_KEPT_MAX,
        scheduledDelayMillis: EXPORT_EVERY_MS,
        exportTimeoutMillis: EXPORT_LIMIT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('orchestra');
  return {
    begin: ({ method, route }, parent) => {
      const remote = parent === undefined ? undefined : fromTraceparent(parent);
      const span = tracer.startSpan(
        `${method} ${route}`,
        { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'http.route': route } },
        remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote),
      );
      return {
        traceparent: toTraceparent(span.spanContext()),
        link: (traceparent, about) => {
          const context = fromTraceparent(traceparent);
          if (context !== undefined) span.addLink({ context, attributes: about });
        },
        end: (status) => {
          span.setAttribute('http.response.status_code', status);
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    stop: async () => {
      await withTimeout(provider.shutdown().catch(tell), STOP_LIMIT_MS, () => undefined);
    },
  };
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

function fromTraceparent(text: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

function toTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
