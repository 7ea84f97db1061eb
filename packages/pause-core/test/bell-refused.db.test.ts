import { SQLSTATE, sqlState } from '@orchestra/database';
import { testDatabase } from '@orchestra/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  ackAlert,
  ALERTMANAGER_LABELS,
  checkAutoPause,
  extendPause,
  pauseScope,
  recordAlert,
  recordAlertmanager,
  unpauseScope,
  type Scope,
} from '../src/index.ts';

const db = testDatabase();
const by = 'dana';
let actors = 0;
const anActor = (): Scope => ({ kind: 'actor', value: `actor-${++actors}` });

// What a full notification queue does to whoever rings: the commit fails. The trigger looks at how full it is, and
// others may fill it between that and the commit.
beforeAll(async () => {
  await db.pool.query(`
    create function bell_refused() returns trigger language plpgsql as $$
    begin
      if current_setting('orchestra.bell', true) is distinct from 'off'
        and current_setting('test.prepares', true) is distinct from 'on' then
        raise exception 'too many notifications in the NOTIFY queue' using errcode = '${SQLSTATE.notifyQueueFull}';
      end if;
      return null;
    end $$;
    create constraint trigger bell_refused after insert or update
      on senate_pause deferrable initially deferred for each row
      execute function bell_refused();
    create constraint trigger bell_refused after insert or update
      on senate_alerts deferrable initially deferred for each row
      execute function bell_refused();`);
});

async function prepared(statement: string, values: unknown[]): Promise<string> {
  const client = await db.pool.connect();
  try {
    await client.query("set test.prepares = 'on'");
    const {
      rows: [row],
    } = await client.query<{ id: string }>(statement, values);
    return row?.id ?? '';
  } finally {
    client.release(true);
  }
}
const paused = ({ kind, value }: Scope) =>
  prepared(
    "insert into senate_pause (scope_kind, scope_value, paused_by, reason) values ($1, $2, 'dana', 'x') returning id",
    [kind, value],
  );
const alerted = ({ value }: Scope) =>
  prepared("insert into senate_alerts (ref_id, severity) values ($1, 'critical') returning id", [value]);

describe('F05 what a command writes is written also when the bell is refused', () => {
  test('the bell is refused here', async () => {
    const refusal: unknown = await db.pool
      .query("insert into senate_alerts (ref_id) values ('x')")
      .catch((error: unknown) => error);
    expect(sqlState(refusal)).toBe(SQLSTATE.notifyQueueFull);
  });

  test('a pause', async () => {
    const { pause } = await pauseScope(db.pool, {
      scope: anActor(),
      reason: 'stop',
      ttlSeconds: null,
      by,
      source: 'person',
    });
    expect(pause).toMatchObject({ clearedAt: null, pausedBy: by });
  });

  test('another end for it', async () => {
    const extended = await extendPause(db.pool, { id: await paused(anActor()), ttlSeconds: 60, by });
    expect(extended.ttlSeconds).toBeGreaterThanOrEqual(60);
  });

  test.each(['scope', 'id'] as const)('its clearing, by %s', async (named) => {
    const scope = anActor();
    const id = await paused(scope);
    const { cleared, stillPaused } = await unpauseScope(db.pool, { target: named === 'id' ? { id } : scope, by });
    expect(cleared).toMatchObject([{ id, clearedBy: by }]);
    expect(stillPaused).toEqual([]);
  });

  test('an alert, one of Alertmanager’s, and an acknowledgement', async () => {
    const { value } = anActor();
    const alert = await recordAlert(db.pool, { kind: 'cost', ref_id: value, severity: 'high', by });
    expect(alert).toMatchObject({ refId: value, ackAt: null });
    await expect(ackAlert(db.pool, { id: alert.id, by })).resolves.toMatchObject({ ackBy: by });
    const firing = {
      status: 'firing' as const,
      labels: { actor: value, severity: 'critical' },
      annotations: {},
      startsAt: '2026-11-21T03:00:00.000Z',
    };
    await expect(
      recordAlertmanager(db.pool, { version: '4', alerts: [firing] }, { labels: ALERTMANAGER_LABELS, by }),
    ).resolves.toMatchObject({ accepted: 1 });
  });

  test('an auto-pause', async () => {
    const actor = anActor();
    for (let n = 0; n < 3; n += 1) await alerted(actor);
    await expect(checkAutoPause(db.pool, actor.value)).resolves.toMatchObject({ actor: actor.value });
  });

  test('a call with a key does it once', async () => {
    const idempotency = { principal: by, key: 'k', request: {} };
    const order = { scope: anActor(), reason: 'stop', ttlSeconds: null, by, source: 'person' as const };
    const first = await pauseScope(db.pool, order, { idempotency });
    const again = await pauseScope(db.pool, order, { idempotency });
    expect(again.pause.id).toBe(first.pause.id);
  });
});
