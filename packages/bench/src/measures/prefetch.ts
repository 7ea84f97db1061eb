import { figure, median, ratios } from '../figures.ts';
import type { Finding, Measure } from '../measure.ts';
import { graphilePeer } from '../peers/graphile.ts';
import { orchestraPeer } from '../peers/orchestra.ts';
import { interleave } from '../rounds.ts';
import { roundName } from '../words.ts';
import { CONCURRENCIES, steadyRate, withPeers } from './library.ts';

const NAME = 'prefetch';
const AHEAD = 500;
// 0: what ends in the same turn of the event loop is told together.
const BATCHED = { completeJobBatchDelay: 0, failJobBatchDelay: 0 };

/** Both hold the same number of tasks ready in the worker's process, and tell what is finished in batches. */
export const prefetch: Measure = {
  name: NAME,
  title:
    `the library with \`prefetch\`, over graphile-worker with \`localQueue\` and batched completion, ` +
    `${AHEAD} tasks ahead`,
  steps: ({ rounds }) => CONCURRENCIES.length * (rounds + 1),
  run: (bench) =>
    withPeers(
      bench,
      NAME,
      {
        ours: (url) => orchestraPeer(url, { prefetch: AHEAD }),
        'graphile-worker': (url) => graphilePeer(url, { worker: { localQueue: { size: AHEAD }, ...BATCHED } }),
      },
      async (peers) => {
        const findings: Finding[] = [];
        for (const concurrency of CONCURRENCIES) {
          const figures = await interleave(
            {
              rounds: bench.rounds,
              beforeRound: (round) => bench.step(roundName(NAME, `concurrency ${concurrency}`, round)),
            },
            new Map([...peers].map(([name, peer]) => [name, steadyRate(peer, concurrency, bench)])),
          );
          const rounds = ratios(figures('ours'), figures('graphile-worker'));
          findings.push({
            measure: NAME,
            what: `concurrency ${concurrency}`,
            target: { atLeast: 0.6 },
            reached: median(rounds),
            rounds,
            detail: `${figure(median(figures('ours')))} over ${figure(median(figures('graphile-worker')))} tasks/s`,
          });
        }
        return { findings };
      },
    ),
};
