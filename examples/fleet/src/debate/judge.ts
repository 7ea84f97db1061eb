import { z } from 'zod';

/** One thing that was counted, and how much of it a file can carry before it is worth somebody's time. */
export const measure = z.strictObject({ name: z.string(), value: z.number(), limit: z.number().positive() });
export type Measure = z.infer<typeof measure>;

export const SIDES = ['keeper', 'critic'] as const;

/** One round: what was measured, what each side made of it, and who had the better case. */
export const round = z.strictObject({
  topic: z.string(),
  measures: z.array(measure).min(1),
  keeper: z.string(),
  critic: z.string(),
  won_by: z.enum(SIDES),
});
export type Round = z.infer<typeof round>;

export const VERDICTS = ['leave_alone', 'keep_an_eye_on', 'review', 'rework'] as const;
export type Verdict = (typeof VERDICTS)[number];

/**
 * The keeper wants the file left as it is and pleads with the measure that is best for it; the critic pleads with the
 * worst, and wins where that is beyond its limit.
 */
export function judge(topic: string, measures: readonly Measure[]): Round {
  const byStrain = measures.toSorted((a, b) => strain(a) - strain(b));
  const [best, worst] = [byStrain.at(0), byStrain.at(-1)];
  if (best === undefined || worst === undefined) throw new RangeError('a round needs at least one measure');
  return {
    topic,
    measures: [...measures],
    keeper:
      strain(best) <= 1
        ? `${tell(best)} is within ${best.limit}`
        : `${tell(best)} is still the least beyond its limit, ${best.limit}`,
    critic:
      strain(worst) > 1
        ? `${tell(worst)} is beyond ${worst.limit}`
        : `${tell(worst)} is the nearest to its limit, ${worst.limit}`,
    won_by: strain(worst) > 1 ? 'critic' : 'keeper',
  };
}

/** More rounds for the critic, more to do. */
export function verdictOf(rounds: readonly Round[]): Verdict {
  const lost = rounds.filter((held) => held.won_by === 'critic').length;
  return VERDICTS[Math.min(lost, VERDICTS.length - 1)] ?? 'rework';
}

function strain({ value, limit }: Measure): number {
  return value / limit;
}

function tell({ name, value }: Measure): string {
  return `${name.replaceAll('_', ' ')} ${value}`;
}
