/**
 * In SQL, of a running task: a label with which its run was claimed. The task may have been given another since; the
 * run goes on under the one that it knows.
 */
export const labelOfRunning = (task: string, column: string): string =>
  `case when ${task}.labels_at_claim is null then ${task}.${column} else ${task}.labels_at_claim ->> '${column}' end`;

/**
 * In SQL: the runs that were claimed with this label, as `select ${columns}` of the running tasks `t`. Written as
 * two, so that each has an index: nearly all
 * are found by the task's own label, and those that were given another since by an index that holds nothing else.
 *
 * @param value SQL: the label, or a column that holds it
 */
export const runsLabelled = (column: string, value: string, columns = ''): string => `
       select ${columns} from tasks t where t.${column} = ${value} and t.status = 'running' and t.labels_at_claim is null
        union all
       select ${columns} from tasks t where t.status = 'running' and t.labels_at_claim is not null and t.labels_at_claim ->> '${column}' = ${value}`;
