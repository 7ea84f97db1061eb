import type { Queryable } from '@orchestra/database';
import type { AutoParkRepos } from '../questions/ask-question.ts';
import type { QuestionRepos } from '../questions/may-ask.ts';
import type { GatedRepos } from '../sql/predicates.ts';
import type { StageRules } from '../pipelines/stage-rules.ts';
import type { RunnerReservations } from '../pipelines/runner-reservations.ts';

/** What a queue goes by, wherever tasks are claimed and runs end. */
export interface QueueSettings {
  leaseSeconds: number;
  gatedRepos: GatedRepos;
  kept: RunnerReservations;
  rules: StageRules;
  questionRepos: QuestionRepos;
  autoParkRepos: AutoParkRepos;
}

/**
 * Writes the settings down for direct workers, which have no other way to know them. The last service to start decides.
 */
export async function writeQueueSettings(
  db: Queryable,
  { leaseSeconds, gatedRepos, kept, rules, questionRepos, autoParkRepos }: QueueSettings,
): Promise<void> {
  const stages = Object.fromEntries(
    rules.pipelines.map((pipeline) => [pipeline.name, pipeline.stages.map((stage) => [stage.name, stage.skill])]),
  );
  await db.query(
    `insert into queue_settings (lease_seconds, gated_repos, kept, rules, stages, question_repos, auto_park_repos,
                                 written_at)
     values ($1, $2, $3, $4, $5, $6, $7, now())
         on conflict (only_row) do update
        set lease_seconds = excluded.lease_seconds, gated_repos = excluded.gated_repos, kept = excluded.kept,
          rules = excluded.rules,
            stages = excluded.stages, question_repos = excluded.question_repos,
            auto_park_repos = excluded.auto_park_repos, written_at = excluded.written_at`,
    [
      leaseSeconds,
      gatedRepos,
      kept === null ? null : JSON.stringify(kept),
      rules.text,
      JSON.stringify(stages),
      questionRepos,
      autoParkRepos,
    ],
  );
}
