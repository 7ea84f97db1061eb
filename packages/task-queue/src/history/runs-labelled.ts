import { labelsUnder, underScope, type ScopeInSql } from '../sql/labels-under-scope.ts';

/**
 * In SQL, of a running task: a label with which its run was claimed. The task may have been given another since; the
 * run goes on under the one that it knows.
 */
export const labelOfRunning = (task: string, column: string): string =>
  `case when ${task}.labels_at_claim is null then ${task}.${column} else ${task}.labels_at_claim ->> '${column}' end`;

/**
 * In SQL: the runs that were claimed under this scope, as `select ${columns}` of the running tasks `t`. Written as
 * two, so that each has an index: nearly all
 * are found by the task's own label, and those that were given another since by an index that holds nothing else.
 */
export const runsUnder = (scope: ScopeInSql, columns = ''): string => `
       select ${columns}
         from tasks t
        where ${underScope('t', scope)}
          and t.status = 'running'
          and t.labels_at_claim is null
        union all
       select ${columns}
         from tasks t
        where t.status = 'running'
          and t.labels_at_claim is not null
          and ${labelsUnder((column) => `t.labels_at_claim ->> '${column}'`, scope)}`;
