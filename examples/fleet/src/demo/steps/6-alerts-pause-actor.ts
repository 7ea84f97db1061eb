import { hold } from '@orchestra/example-acceptance';
import type { ActivePauseView } from '@orchestra/pause-core/contract';
import { deferredFor } from '../deferred.ts';
import { eventsOf, tasksOf } from '../queue-looks.ts';
import { readPage } from '../read-page.ts';
import type { Stage } from '../stage.ts';

const ACTOR = 'acct-scribe';
const REASON = 'auto-paused: 3+ critical alerts in 5m';

/** Three critical alerts about one account pull the brake without a person, and everybody can see it on the page. */
export async function alertsPauseActor(stage: Stage): Promise<void> {
  await stage.keepBusy(['scribe']);
  for (let n = 1; n <= 3; n++)
    await stage.client.recordAlert({ kind: 'runaway', ref_id: ACTOR, severity: 'critical', details: { n } });
  stage.saw(`sent three critical alerts about ${ACTOR}`);

  const ofActor = (pauses: readonly ActivePauseView[]): ActivePauseView[] =>
    pauses.filter((pause) => pause.scope_kind === 'actor' && pause.scope_value === ACTOR);
  const pause = await stage.waitFor(
    `${ACTOR} is paused`,
    15_000,
    async () => ofActor(await stage.client.allPauses())[0],
  );
  hold(
    pause.paused_by === 'senate.auto' && pause.ttl_seconds === 1_800 && pause.reason === REASON,
    'the pause is the one that the rule asks for',
    pause,
  );
  stage.saw(
    `pause ${pause.id}: ${pause.scope_kind} ${pause.scope_value} for ${pause.ttl_seconds} s by ` +
      `${pause.paused_by}: ${pause.reason}`,
  );

  await stage.waitFor("scribe's next claim is deferred for it", 15_000, async () => {
    const [task] = (await tasksOf(stage.client, 'scribe', 'queued')).filter(({ deferred_by: by }) => by === pause.id);
    return task === undefined ? undefined : deferredFor(await eventsOf(stage.client, task.id), pause.id);
  });
  const all = ofActor(await stage.client.allPauses());
  hold(all.length === 1, 'there is exactly one such pause', all);

  const shown = await readPage(`${stage.where.pause_api}/`, stage.token, [ACTOR, REASON, 'senate.auto'], stage.signal);
  stage.saw(`the page shows: ${shown}`);
}
