import { z } from 'zod';
import { measureChurn } from '../debate/churn.ts';
import { measureCoupling } from '../debate/coupling.ts';
import { judge, round, verdictOf, type Measure, type Round, type Verdict } from '../debate/judge.ts';
import { measureSize } from '../debate/size.ts';
import { bytesOf, shown } from '../git/file-name.ts';
import { readText } from '../git/read-text.ts';
import { openRepository } from '../git/repository.ts';
import { keyOf, listTracked } from '../git/tracked-files.ts';
import { parsePayload, singlePayload } from '../payload.ts';
import type { Skill } from '../skill.ts';

const progress = z.object({ rounds: z.array(round) });

interface Debate {
  file: string;
  rounds: Round[];
  verdict: Verdict;
}

/** What there is to say where a file cannot be debated: it is gone, or no text. */
interface NoDebate {
  file: string;
  verdict: 'not_debatable';
  why: string;
}

/**
 * Three rounds over one file, two sides, and a verdict: is it worth somebody's time? Every argument is something that
 * was counted. Stops after any round when it is paused; the next run goes on with the rounds that were held.
 */
export const debate: Skill = async (payload, run): Promise<Debate | NoDebate> => {
  const {
    repo,
    files: [name],
  } = parsePayload(singlePayload, payload);
  const repository = await openRepository(repo, run.signal);
  const tracked = await listTracked(repository, run.signal);
  const path = bytesOf(name);
  const file = tracked.get(keyOf(path));
  if (file === undefined) return { file: shown(path), verdict: 'not_debatable', why: 'no_longer_tracked' };
  const read = await readText(repository, file);
  if (read.text === undefined) return { file: shown(path), verdict: 'not_debatable', why: read.why };
  const { text } = read;

  const topics: readonly (readonly [topic: string, measure: () => Measure[] | Promise<Measure[]>])[] = [
    ['size', () => measureSize(shown(path), text)],
    ['coupling', () => measureCoupling(repository, tracked, file, text, run.signal)],
    ['churn', () => measureChurn(repository, file, text, run.signal)],
  ];
  const former = progress.safeParse(run.progress);
  const rounds = former.success ? former.data.rounds.slice(0, topics.length) : [];
  for (const [topic, measures] of topics.slice(rounds.length)) {
    rounds.push(judge(topic, await measures()));
    await run.checkpoint({ rounds });
  }
  return { file: shown(path), rounds, verdict: verdictOf(rounds) };
};
