import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOSTILE_STRINGS, plainEnvironment, serviceProgram, testDatabase, until } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { caller, newToken } from './started.ts';
import { StreamReader } from './stream-reader.ts';

const database = testDatabase();

const STORABLE = HOSTILE_STRINGS.filter(({ storable }) => storable);
// What a terminal, a chat or a pager would obey instead of showing it.
const OBEYED = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/u;

interface Sent {
  path: string;
  body: Record<string, unknown>;
}
interface Facts {
  scope_value?: string;
  reason?: string;
  kind?: string;
  ref_id?: string;
}

/** A receiver of each shape, and the file that names them. */
async function receivers(): Promise<{ sent: Sent[]; file: string; close: () => Promise<void> }> {
  const sent: Sent[] = [];
  const server = createServer((request, response) => {
    void request
      .setEncoding('utf8')
      .toArray()
      .then((parts) => {
        sent.push({ path: request.url ?? '', body: JSON.parse(parts.join('')) as Record<string, unknown> });
        response.end();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), 'orchestra-hostile-'));
  const file = join(folder, 'notices.json');
  const target = (name: string, more: Record<string, unknown>) => ({
    name,
    kind: name,
    url: `${url}/${name}`,
    events: ['pause.created', 'alert.created'],
    allow_private: true,
    ...more,
  });
  writeFileSync(
    file,
    JSON.stringify({
      targets: [
        target('standard', { secret: `whsec_${Buffer.alloc(32, 5).toString('base64')}` }),
        target('slack', {}),
        target('pagerduty', { routing_key: 'p'.repeat(32) }),
      ],
    }),
  );
  return {
    sent,
    file,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

test('two hundred hostile strings, by the API and by SQL: refused or kept as they are, and shown as text in stream, log and notices', async () => {
  const { sent, file, close } = await receivers();
  const token = await newToken(database.pool, 'operator', 'dana');
  const child = fork(serviceProgram('pause-api'), {
    silent: true,
    env: { ...plainEnvironment(), DATABASE_URL: database.url, PAUSE_API_PORT: '0', ORCHESTRA_NOTICES: file },
  });
  try {
    if (child.stdout === null) throw new Error('a silent child has its output piped');
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [{ url }] = await once(child, 'message');
    const dana = caller(url, token);
    const reader = await StreamReader.open(url, token);
    await until(
      'the targets are known',
      async () => (await database.pool.query('select from notice_targets')).rowCount === 3,
    );

    for (const { name, text, label, reason } of HOSTILE_STRINGS) {
      const [asScope, asReason, asAlert] = await Promise.all([
        dana.post('/api/senate/pause', { scope_kind: 'actor', scope_value: text, reason: 'a test' }),
        dana.post('/api/senate/pause', { scope_kind: 'quest', scope_value: name, reason: text }),
        dana.post('/api/senate/alerts', { kind: text, ref_id: text, severity: 'low' }),
      ]);
      expect([name, asScope.status, asReason.status, asAlert.status]).toEqual([
        name,
        label ? 200 : 400,
        reason ? 200 : 400,
        label ? 200 : 400,
      ]);
    }
    // What the API refuses comes by another door, or was there before the table refused it.
    await database.pool.query('alter table senate_pause disable trigger senate_pause_well_formed');
    for (const { name, text, label, reason } of STORABLE) {
      if (!label) {
        await database.pool.query(
          "insert into senate_pause (scope_kind, scope_value, paused_by) values ('actor', $1, $1)",
          [text],
        );
        await database.pool.query('insert into senate_alerts (kind, ref_id) values ($1, $1)', [text]);
      }
      if (!reason)
        await database.pool.query(
          "insert into senate_pause (scope_kind, scope_value, reason) values ('quest', $1, $2)",
          [name, text],
        );
    }
    // A label is kept as NFC.
    const sorted = (all: readonly (string | undefined)[]): string[] =>
      all.map((text) => String(text).normalize('NFC')).toSorted();
    const texts = sorted(STORABLE.map(({ text }) => text));
    const allOf = (facts: Facts[]): void => {
      expect(
        sorted(
          facts.flatMap((fact) =>
            (fact.kind === undefined && fact.reason === 'a test') || fact.reason === 'no reason given'
              ? [fact.scope_value]
              : [],
          ),
        ),
      ).toEqual(texts);
      expect(
        sorted(
          facts.flatMap((fact) => (HOSTILE_STRINGS.some(({ name }) => name === fact.scope_value) ? [fact.reason] : [])),
        ),
      ).toEqual(texts);
      expect(sorted(facts.flatMap((fact) => (fact.kind === undefined ? [] : [fact.kind])))).toEqual(texts);
    };

    const created = () =>
      reader.received
        .filter(({ event }) => event.type === 'pause.created' || event.type === 'alert.created')
        .map(({ event }) => event.data as Facts);
    await until('all of it in the stream', () => created().length >= 3 * texts.length);
    allOf(created());

    await until('all of it at the receivers', () => sent.length >= 9 * texts.length, 90_000);
    const to = (path: string): Record<string, unknown>[] =>
      sent.filter((call) => call.path === path).map(({ body }) => body);
    allOf(to('/standard').map((body) => body['data'] as Facts));
    for (const body of to('/slack')) {
      expect(body['text']).not.toMatch(OBEYED);
      expect(String(body['text']).replaceAll(/&(?:amp|lt|gt);/g, '')).not.toMatch(/[&<>]/);
      expect(body).toMatchObject({ mrkdwn: false, blocks: [{ text: { type: 'plain_text', emoji: false } }] });
      expect(String(body['text']).length).toBeLessThanOrEqual(3_000);
    }
    for (const body of to('/pagerduty')) {
      const { summary } = body['payload'] as { summary: string };
      expect(summary).not.toMatch(OBEYED);
      expect(summary.length).toBeLessThanOrEqual(1_024);
    }

    child.kill('SIGTERM');
    await Promise.all([once(child, 'exit'), once(child.stdout, 'end')]);
    expect(output.replaceAll('\n', '')).not.toMatch(OBEYED);
    const lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg?: string; scope_kind?: string; scope_value?: string });
    const paused = lines
      .filter((line) => line.msg === 'paused' && line.scope_kind === 'actor')
      .map((line) => line.scope_value);
    expect(paused).toEqual(HOSTILE_STRINGS.filter(({ label }) => label).map(({ text }) => text.normalize('NFC')));
    reader.leave();
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
    await close();
  }
}, 180_000);
