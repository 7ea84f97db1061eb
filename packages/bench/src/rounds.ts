import { median } from './figures.ts';

/** Measures one thing once and answers its figure. */
export type Take = () => Promise<number>;

/** One figure per round of the variant of this name. @throws Error for a name that no variant has */
export type Figures = (name: string) => number[];

export interface Interleaving {
  rounds: number;
  /**
   * Into so many parts a round is cut. Each part measures every variant; the median of a variant's parts is its figure
   * of the round.
   */
  parts?: number;
  /** Told the number of the round; the warm-up's is -1. */
  beforeRound?: (round: number) => void;
}

/**
 * Measures all variants in every part of every round, one after the other, so that whatever else the machine does meets
 * all of them alike. Each part begins with another variant, so that none always comes first. One round before the first
 * warms up and is thrown away.
 */
export async function interleave(
  { rounds, parts = 1, beforeRound }: Interleaving,
  variants: ReadonlyMap<string, Take>,
): Promise<Figures> {
  const figures = new Map([...variants.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = -1; round < rounds; round++) {
    beforeRound?.(round);
    const taken = await takeRound(parts, [...variants], round + 1);
    if (round >= 0) for (const [name, values] of taken) figures.get(name)?.push(median(values));
  }
  return (name) => {
    const found = figures.get(name);
    if (found === undefined) throw new Error(`nothing was measured under the name ${name}`);
    return found;
  };
}

async function takeRound(
  parts: number,
  variants: readonly [string, Take][],
  turn: number,
): Promise<Map<string, number[]>> {
  const taken = new Map(variants.map(([name]): [string, number[]] => [name, []]));
  for (let part = 0; part < parts; part++) {
    const first = (turn + part) % variants.length;
    for (const [name, take] of [...variants.slice(first), ...variants.slice(0, first)])
      taken.get(name)?.push(await take());
  }
  return taken;
}
