// The order in which everything that changes tasks takes its locks is told in docs/locking.md: tasks by id, missing
// lanes by key, gates by name, lanes by id. Gates and lanes are the triggers' business; these are the steps for the two
// before them. A statement has to read from each, or it is not run.

/**
 * A step that makes the lanes of tasks which are about to come back to the queue, where they have been dropped
 * meanwhile. For statements that bring back several: row by row, lanes would be made in the order of the rows. `rows`
 * has the columns of a lane's labels; one row comes of it.
 */
export const makeLanes = (rows: string): string => `
  select count(lane_for(k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id)) as lanes
    from (select distinct r.priority, r.repo, r.agent_id, r.skill, r.quest_id, r.actor_id,
                 lane_key(r.priority, r.repo, r.agent_id, r.skill, r.quest_id, r.actor_id) as key
            from (${rows}) r
           order by key) k`;

/**
 * A condition by which `t`, the table that is changed, is looked up by its primary key, once for each row of the step
 * `rows`, whatever the planner believes of either. With the join alone it may go through all of `tasks` for every row,
 * and does so with the statistics of an empty table.
 */
export const byIdOf = (rows: string): string => `t.id = any (array(select x.id from ${rows} x))`;
