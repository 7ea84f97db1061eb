import { globSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { until } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ROOT } from './document.ts';
import { temporaryFolder, up } from './orchestra.ts';

const span = z.looseObject({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  links: z.array(z.looseObject({ traceId: z.string(), spanId: z.string() })).default([]),
});
const attribute = z.looseObject({ key: z.string(), value: z.looseObject({ stringValue: z.string().optional() }) });
const otlp = z.looseObject({
  resourceSpans: z.array(
    z.looseObject({
      resource: z.looseObject({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.looseObject({ spans: z.array(span) })),
    }),
  ),
});
type Span = z.infer<typeof span> & { service: string | undefined };

/** A collector that speaks OTLP over HTTP, and keeps what it is sent. */
async function startCollector(): Promise<{ endpoint: string; spans: Span[]; close: () => Promise<void> }> {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    void request
      .setEncoding('utf8')
      .toArray()
      .then((parts) => {
        if (request.url === '/v1/traces') {
          for (const { resource, scopeSpans } of otlp.parse(JSON.parse(parts.join(''))).resourceSpans) {
            const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue;
            spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((one) => ({ ...one, service }))));
          }
        }
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const CALLER = { add: '1'.repeat(32), pause: '2'.repeat(32) };

test('a trace goes from the pausing call, and from the one that added the task, to the claim that met them', async () => {
  const collector = await startCollector();
  const folder = await temporaryFolder();
  const { ready, going } = await up(join(folder.path, '.orchestra'), {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
  });
  try {
    const token = (await readFile(ready.token_file, 'utf8')).trim();
    const call = async <T>(url: string, path: string, body?: unknown, traceId?: string): Promise<T> => {
      const answer = await fetch(url + path, {
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...(traceId === undefined ? {} : { traceparent: `00-${traceId}-00000000000000aa-01` }),
        },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
      expect(answer.status).toBe(200);
      return (await answer.json()) as T;
    };
    const { id } = await call<{ id: string }>(
      ready.pause_api,
      '/api/senate/pause',
      { scope_kind: 'agent', scope_value: 'skeptic', reason: 'traced' },
      CALLER.pause,
    );
    const {
      ids: [task = ''],
    } = await call<{ ids: string[] }>(ready.worker_claimer, '/api/tasks', { agent_id: 'skeptic' }, CALLER.add);
    const events = () =>
      call<{ events: { kind: string; data: Record<string, unknown> | null }[] }>(
        ready.worker_claimer,
        `/api/tasks/${task}/events`,
      );
    const deferred = await until('the task is put off', async () =>
      (await events()).events.find(({ kind }) => kind === 'deferred'),
    );
    expect(await call(ready.worker_claimer, '/api/tasks/claim', { worker: 'w-1', limit: 1 })).toMatchObject({
      tasks: [],
    });
    await call(ready.pause_api, '/api/senate/unpause', { id });
    expect(
      await call(ready.worker_claimer, '/api/tasks/claim', { worker: 'w-1', limit: 1, wait_seconds: 10 }),
    ).toMatchObject({ tasks: [{ id: task }] });

    const named = (name: string): Span[] => collector.spans.filter((one) => one.name === name);
    await until('the spans', () => named('POST /api/tasks/claim').length === 2);
    const pausing = await until('the pausing call', () => named('POST /api/senate/pause')[0]);
    const adding = await until('the adding call', () => named('POST /api/tasks')[0]);
    expect(pausing).toMatchObject({ service: 'pause-api', traceId: CALLER.pause, parentSpanId: '00000000000000aa' });
    expect(adding).toMatchObject({ service: 'worker-claimer', traceId: CALLER.add, parentSpanId: '00000000000000aa' });
    expect(deferred.data).toMatchObject({ pause_id: id, traceparent: `00-${CALLER.pause}-${pausing.spanId}-01` });
    const linksOf = (one: Span | undefined): string[] | undefined =>
      one?.links.map(({ traceId, spanId }) => `${traceId} ${spanId}`).toSorted();
    const [empty, met] = named('POST /api/tasks/claim');
    expect(linksOf(empty)).toEqual([`${CALLER.pause} ${pausing.spanId}`]);
    expect(linksOf(met)).toEqual([`${CALLER.add} ${adding.spanId}`, `${CALLER.pause} ${pausing.spanId}`]);
  } finally {
    going.child.kill('SIGTERM');
    await going.ended();
    await collector.close();
    await folder.remove();
  }
}, 120_000);

test('who does not trace loads nothing of it: one file knows the libraries, and that file is imported when tracing begins', () => {
  const files = globSync('{packages,services}/*/src/**/*.ts', { cwd: ROOT });
  const knowing = (pattern: RegExp): string[] =>
    files.filter((file) => pattern.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(knowing(/@opentelemetry\//)).toEqual(['packages/service-shell/src/open-telemetry.ts']);
  expect(knowing(/from '\.\/open-telemetry\.ts'/)).toEqual([]);
  expect(knowing(/await import\('\.\/open-telemetry\.ts'\)/)).toEqual(['packages/service-shell/src/tracing.ts']);
});
