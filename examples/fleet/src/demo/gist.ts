import { z } from 'zod';

const counted = z.looseObject({
  findings: z.object({ list: z.array(z.unknown()), left_out: z.number() }).optional(),
  verdict: z.string().optional(),
});

/** What a task's result says, in a few words. */
export function gist(result: unknown): string {
  const parsed = counted.safeParse(result);
  if (!parsed.success) return 'no result';
  const { findings, verdict, ...rest } = parsed.data;
  const counts = Object.entries(rest).flatMap(([name, value]) =>
    typeof value === 'number' && value > 0 ? [`${name.replaceAll('_', ' ')} ${value}`] : [],
  );
  return [
    ...counts,
    ...(findings ? [`findings ${findings.list.length + findings.left_out}`] : []),
    ...(verdict ? [`verdict ${verdict.replaceAll('_', ' ')}`] : []),
  ].join(', ');
}
