import { labelsOf, PauseReplica, type ActivePause } from '@orchestra/pause-core';
import fc from 'fast-check';
import { labels, pauses } from './arbitrary-pauses.ts';
import { SEED, type Model } from './model.ts';

type Happening = { read: ActivePause[] } | 'read fails' | 'bells are lost' | 'bell';

const happenings = fc.array(
  fc.oneof(
    pauses.map((read): Happening => ({ read: read.map((pause) => ({ ...pause, remainingMs: null })) })),
    fc.constantFrom<Happening>('read fails', 'bells are lost', 'bell'),
  ),
  { maxLength: 8 },
);

/**
 * Whatever happens to the source, it answers by the last reading that succeeded, and is blind only before the first.
 */
export const replicaModel: Model = {
  name: 'P13 a replica answers by the last reading that succeeded',
  check: () =>
    fc.assert(
      fc.asyncProperty(happenings, labels, async (all, work) => {
        let source: ActivePause[] | undefined;
        let known: ActivePause[] | undefined;
        let lost = (_error: Error): void => {};
        let ring = (): void => {};
        const replica = new PauseReplica({
          read: async () => {
            if (source === undefined) throw new Error('the source is away');
            return source;
          },
          listen: async (ears) => {
            lost = ears.onLost;
            ring = ears.onBell;
            return async () => {};
          },
          readGapMs: 0,
          rereadEveryMs: 3_600_000,
          retryReadAfterMs: 3_600_000,
        });
        const agrees = (): void => {
          if (replica.known !== (known !== undefined)) throw new Error(`it knows: ${replica.known}`);
          const of = { actor: work.actorId, agent: work.agentId, skill: work.skill, quest: work.questId };
          const held =
            known?.some(({ scope }) => labelsOf(scope).every(([kind, value]) => of[kind] === value)) ?? false;
          if (replica.isPaused(work).paused !== held) throw new Error(`paused: ${!held}, and it should be ${held}`);
          if (replica.checkpoint(work, { onUnknown: 'stop' }).stop !== (held || known === undefined))
            throw new Error('a checkpoint that was to stop where nothing is known went on');
          if (known !== undefined && replica.stale) throw new Error('stale although it has just read');
        };
        try {
          await replica.start();
          agrees();
          for (const happening of all) {
            if (happening === 'bells are lost') lost(new Error('cut'));
            else if (happening === 'bell') {
              ring();
            } else source = happening === 'read fails' ? undefined : happening.read;
            await replica.refresh();
            known = source ?? known;
            agrees();
            if (source !== undefined && replica.state !== 'fresh')
              throw new Error(`it is ${replica.state} after a reading that succeeded`);
          }
        } finally {
          await replica.stop();
        }
        agrees();
      }),
      { ...SEED, numRuns: 300 },
    ),
};
