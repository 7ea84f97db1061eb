/**
 * Server settings for the connections that claim. A claim is planned once for each connection, perhaps while the queue
 * is empty, and an empty table is cheapest to read whole and sort: with 200,000 tasks that plan takes 50 to 190 ms
 * until the next analyze. Its indexes give the order, so nothing else is offered. Before PostgreSQL 18 what is not
 * offered is given an enormous cost instead, which makes the server compile the statement, for seconds: hence `jit`.
 * And a plan made again for the parameters of each call looks cheaper to the server, which does not count the
 * millisecond that making it takes.
 */
export const CLAIM_SETTINGS = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_sort: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
  // What is left has to be on offer, also where the role or the database has switched it off.
  enable_indexscan: 'on',
  enable_indexonlyscan: 'on',
  enable_nestloop: 'on',
  enable_tidscan: 'on',
} as const;
