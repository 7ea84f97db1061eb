import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEMS } from '@orchestra/service-shell';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ROOT } from './document.ts';
import { testOrchestra } from './test-orchestra.ts';

// What the documents list and what the services have must be the same.

const operations = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
const httpApi = readFileSync(join(ROOT, 'docs/http-api.md'), 'utf8');

const running = testOrchestra();

test('docs/operations.md names every metric that the services have, and no other', async () => {
  const served = await Promise.all(
    [running.ready.pause_api, running.ready.worker_claimer, running.ready.alert_cascade].map(async (url) =>
      (await fetch(`${url}/metrics`)).text(),
    ),
  );
  const inCode = served.flatMap((text) => [...text.matchAll(/^# TYPE (orchestra_\w+)/gm)].map((match) => match[1]));
  const inTable = [...operations.matchAll(/`(orchestra_[a-z_]+)`/g)].map((match) => match[1]);
  expect(sorted(inTable)).toEqual(sorted(inCode));
});

const grafana = z.looseObject({
  panels: z.array(
    z.looseObject({
      type: z.string(),
      title: z.string(),
      targets: z.array(z.looseObject({ expr: z.string() })).default([]),
    }),
  ),
});

/** The names of metrics in a PromQL expression: words that are no function, keyword, label, grouping or duration. */
function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(?:by|without)\s*\([^)]*\)/g, '');
  return [...bare.matchAll(/\b([a-zA-Z_:][\w:]*)\b(?!\s*\()/g)]
    .map((match) => match[1] ?? '')
    .filter((word) => !['and', 'or', 'unless', 'bool', 'offset'].includes(word));
}

test('the Grafana dashboard asks for no metric that the services do not have, and for every one of ours', async () => {
  const dashboard = grafana.parse(JSON.parse(readFileSync(join(ROOT, 'docs/grafana/orchestra.json'), 'utf8')));
  const served = (
    await Promise.all(
      [running.ready.pause_api, running.ready.worker_claimer, running.ready.alert_cascade].map(async (url) =>
        (await fetch(`${url}/metrics`)).text(),
      ),
    )
  ).join('\n');
  const types = new Map(
    [...served.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']),
  );
  // A histogram is asked for by its parts, and by nothing else.
  const series = [...types].flatMap(([name, type]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name],
  );
  const asked = dashboard.panels.flatMap((panel) => panel.targets.flatMap(({ expr }) => metricsIn(expr)));
  expect(asked.filter((name) => !series.includes(name))).toEqual([]);
  const ours = [...types.keys()].filter((name) => name.startsWith('orchestra_'));
  expect(
    ours.filter((name) => !asked.some((one) => one.replace(/_(?:bucket|sum|count)$/, '') === name || one === name)),
  ).toEqual([]);
  expect(dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
    'Brake',
    'Queue',
    'Alerts',
    'Notices',
    'Services',
    'Turn gates',
  ]);
});

test('docs/http-api.md lists every call of the services, and no other', async () => {
  const paths = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
  const documents = await Promise.all(
    [running.ready.pause_api, running.ready.worker_claimer].map(async (url) =>
      paths.parse(await (await fetch(`${url}/openapi.json`)).json()),
    ),
  );
  const inCode = documents.flatMap(({ paths: all }) =>
    Object.entries(all).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    ),
  );
  const inTable = [...httpApi.matchAll(/^\| `((?:GET|POST|DELETE) \S+)` \|/gm)].map((match) => match[1]);
  expect(sorted(inTable)).toEqual(sorted(inCode.filter((call) => call.includes('/api/'))));
});

test('docs/http-api.md lists every error code with its status, and no other', () => {
  const inCode = Object.entries(PROBLEMS).map(([code, { status }]) => `${code} ${status}`);
  const inTable = [...httpApi.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| (\d{3}) \|/gm)].flatMap(([, codes = '', status]) =>
    [...codes.matchAll(/`(\w+)`/g)].map((match) => `${match[1]} ${status}`),
  );
  expect(sorted(inTable)).toEqual(sorted(inCode));
});

function sorted(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined))].toSorted();
}
