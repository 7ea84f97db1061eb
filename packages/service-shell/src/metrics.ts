import { conflictCounts } from '@orchestra/database';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  /** Times an answer by route template; ids never become labels. */
  timeRequest(request: IncomingMessage, response: ServerResponse): void;
}

/** The metrics of one service, with those of its process. */
export function makeMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  new Counter({
    name: 'orchestra_database_conflicts_total',
    help:
      'Transactions that the server rolled back over a deadlock (40P01) or a serialization failure ' +
      '(40001); tried again, or given up after three more tries',
    labelNames: ['sqlstate', 'outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { sqlstate, outcome, count } of conflictCounts()) this.inc({ sqlstate, outcome }, count);
    },
  });
  const duration = new Histogram({
    name: 'orchestra_http_request_duration_seconds',
    help: 'How long answers took, by route template and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30, 60],
    registers: [registry],
  });
  return {
    registry,
    timeRequest: ({ method = '' }, response) => {
      const stop = duration.startTimer({ method: METHODS.has(method) ? method : 'other' });
      response.once('close', () => {
        // A stream lasts as long as its reader stays; that is no answering time.
        if (response.getHeader('Content-Type') === 'text/event-stream') return;
        stop({ route: routeOf(response), status: response.statusCode });
      });
    },
  };
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const routes = new WeakMap<ServerResponse, string>();

/** Remembers which route answered, for the metrics. */
export function nameRoute(response: ServerResponse, template: string): void {
  routes.set(response, template);
}

function routeOf(response: ServerResponse): string {
  return routes.get(response) ?? 'none';
}
