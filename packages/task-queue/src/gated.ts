/** For which repos the serial gate holds. null: for all; an empty list: it is switched off. */
export type GatedRepos = readonly string[] | null;

/** In SQL: does the serial gate hold for this repo, which may be null? `repos` is a parameter that carries {@link GatedRepos}. */
export const gated = (repo: string, repos: string): string =>
  `(${repo} is not null and (${repos}::text[] is null or ${repo} = any (${repos}::text[])))`;
