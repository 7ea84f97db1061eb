/** For which repos the serial gate holds. null: for all; an empty list: it is switched off. */
export type GatedRepos = readonly string[] | null;

/**
 * In SQL: does the serial gate hold for this repo, which may be null? `repos` is a parameter that carries {@link
 * GatedRepos}.
 */
export const gated = (repo: string, repos: string): string => `is_gated(${repo}, ${repos}::text[])`;

/**
 * The same for who does not claim: does the gate hold where the claims go by it? Anyone who claims may have other
 * settings than the caller, or be told others next time; a run of that repo that was let past its gate says so in its
 * own event.
 */
export const gateHolds = (repo: string, repos: string): string => `
  (${gated(repo, repos)} and not exists (
     select from tasks r
      cross join lateral events_of_task(r.id) e
      where r.repo = ${repo} and r.status = 'running' and e.run_id = r.run_id and e.kind = 'claimed'
        and e.data -> 'gated' = 'false'))`;
