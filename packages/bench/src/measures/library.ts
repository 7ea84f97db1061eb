import { figure, median } from '../figures.ts';
import type { Bench, Finding, Measure } from '../measure.ts';
import { graphilePeer } from '../peers/graphile.ts';
import { directPeer, orchestraPeer } from '../peers/orchestra.ts';
import { peerRate, type CpuUs, type Peer } from '../peers/peer.ts';
import { pgBossPeer } from '../peers/pg-boss.ts';
import { interleave, type Take } from '../rounds.ts';
import { roundName } from '../words.ts';

export const CONCURRENCIES = [1, 10, 24] as const;

/**
 * The library over the real services; the others as their makers have it by default. Every queue has a database of its
 * own.
 */
export const library = overTheBetter(
  'library',
  'claim + complete through the TypeScript library, over the better of graphile-worker and pg-boss',
  orchestraPeer,
  new Map([
    [1, 0.6],
    [10, 1],
    [24, 0.95],
    [100, 0.75],
  ]),
);

/** The same library and loop on the database itself, as the others are. */
export const direct = overTheBetter(
  'direct',
  'claim + complete through the library without services, over the better of graphile-worker and pg-boss',
  directPeer,
  new Map([
    [1, 0.95],
    [10, 1.5],
    [24, 1.3],
    [100, 1.2],
  ]),
);

function overTheBetter(
  name: string,
  title: string,
  ours: (url: string) => Promise<Peer>,
  targets: ReadonlyMap<number, number>,
): Measure {
  return {
    name,
    title,
    steps: ({ rounds }) => targets.size * (rounds + 1),
    run: (bench) =>
      withPeers(bench, name, { ours, 'graphile-worker': graphilePeer, 'pg-boss': pgBossPeer }, (peers) =>
        compare(bench, name, peers, targets),
      ),
  };
}

async function compare(
  bench: Bench,
  measure: string,
  peers: ReadonlyMap<string, Peer>,
  targets: ReadonlyMap<number, number>,
): Promise<{ findings: Finding[] }> {
  const findings: Finding[] = [];
  for (const [concurrency, atLeast] of targets) {
    const cpu = new Map([...peers.keys()].map((name): [string, CpuUs[]] => [name, []]));
    const takes = new Map(
      [...peers].map(([name, peer]): [string, Take] => [
        name,
        steadyRate(peer, concurrency, bench, (one) => cpu.get(name)?.push(one)),
      ]),
    );
    const figures = await interleave(
      {
        rounds: bench.rounds,
        beforeRound: (round) => bench.step(roundName(measure, `concurrency ${concurrency}`, round)),
      },
      takes,
    );
    const rounds = figures('ours').map(
      (rate, round) => rate / Math.max(figures('graphile-worker')[round] ?? NaN, figures('pg-boss')[round] ?? NaN),
    );
    findings.push({
      measure,
      what: `concurrency ${concurrency}`,
      target: { atLeast },
      reached: median(rounds),
      rounds,
      detail:
        [...peers.keys()]
          .map((name) => `${name} ${figure(median(figures(name)))}${cpuText(cpu.get(name) ?? [])}`)
          .join(', ') + ' tasks/s (CPU µs a task: server + services + worker)',
    });
  }
  return { findings };
}

const FIRST_BACKLOG = 6_000;
// So much more than the last rate would need stands ready, and again twice as much where that was not enough.
const SPARE = 2;
const TRIES = 4;

/** ` (12 + 3 + 4)`; nothing where the system does not tell. */
function cpuText(times: readonly CpuUs[]): string {
  if (times.length === 0) return '';
  const medians = (['server', 'services', 'worker'] as const).map((whose) => median(times.map((one) => one[whose])));
  return ` (${medians.map((us) => figure(Math.round(us))).join(' + ')})`;
}

/** Measures again with a longer queue where a worker came to its end. */
export function steadyRate(
  peer: Peer,
  concurrency: number,
  { quick }: Pick<Bench, 'quick'>,
  onCpu?: (cpuUs: CpuUs) => void,
): Take {
  const measureMs = quick ? 1_000 : 2_000;
  let backlog = FIRST_BACKLOG;
  return async () => {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const { tasksPerSecond, enough, cpuUs } = await peerRate(peer, { concurrency, backlog, measureMs });
      if (enough) {
        if (cpuUs !== undefined) onCpu?.(cpuUs);
        backlog = Math.max(FIRST_BACKLOG, Math.ceil(tasksPerSecond * (measureMs / 1_000 + 1) * SPARE));
        return tasksPerSecond;
      }
      backlog *= 3;
    }
    throw new Error(`a queue of ${backlog / 3} tasks is finished before it can be measured`);
  };
}

/** Starts each on a database of its own, and ends all of them whatever happens. */
export async function withPeers<T>(
  { server }: Pick<Bench, 'server'>,
  purpose: string,
  start: Readonly<Record<string, (url: string) => Promise<Peer>>>,
  use: (peers: Map<string, Peer>) => Promise<T>,
): Promise<T> {
  const peers = new Map<string, Peer>();
  const databases: string[] = [];
  try {
    for (const [name, startPeer] of Object.entries(start)) {
      const url = await server.makeDatabase(`${purpose}-${name}`, { empty: name !== 'ours' });
      databases.push(url);
      peers.set(name, await startPeer(url));
    }
    return await use(peers);
  } finally {
    for (const peer of peers.values()) await peer.close();
    for (const url of databases) await server.dropDatabase(url);
  }
}
