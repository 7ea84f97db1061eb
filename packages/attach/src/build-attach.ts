import { LABEL_KINDS } from '@orchestra/pause-core';
import { all, covered, labelOf } from './conditions.ts';
import { AttachError } from './errors.ts';
import {
  ALLOW,
  BODY,
  FUNCTION,
  inHome,
  jobIsPaused,
  objectsOf,
  POLICY,
  policyText,
  SERIAL_TRIGGER,
  TRIGGER,
} from './objects.ts';
import type { QueueDescription } from './queue.ts';
import { identifier, literal, tableName } from './quote.ts';
import type { QueueState, TableState } from './queue-state.ts';

/** One statement, and what it is for. */
export interface Step {
  says: string;
  sql: string;
}

/**
 * Every statement that attaches the queue, in order, for one transaction. Pure: the same state gives the same
 * statements.
 */
export function buildAttach(name: string, queue: QueueDescription, state: QueueState): Step[] {
  const { home } = state;
  const names = objectsOf(home, name);
  const root = tableName({ schema: queue.schema, name: queue.table });
  const waiting = all('', queue.waiting);
  const steps: Step[] = [
    {
      says:
        'which pauses are active. Every claim names this view, and with it claim_marker, so that a pause can ' +
        'wait for claims that began before it',
      sql: brakeView(home, names.brake, queue),
    },
    ...state.updaters.map((role) => ({
      says: `who updates jobs has to read it: ${role === null ? 'everybody' : role}`,
      sql: `grant select on ${names.brake} to ${roleName(role)}`,
    })),
    { says: 'the jobs, for counting', sql: workView(names.work, root, queue) },
    ...state.readers.map((role) => ({
      says: 'who reads pauses may count what they hold',
      sql: `grant select on ${names.work} to ${roleName(role)}`,
    })),
    {
      says: 'holds a covered job back, whichever role claims it',
      sql: guardFunction(home, names.guard, queue, names.brake),
    },
    ...state.tables.flatMap((table) => tableSteps(home, table, queue, names.brake, waiting)),
    {
      says: 'from waiting to running: the claim does not get a covered job',
      sql: `create trigger ${TRIGGER} before update on ${root} for each row
  when (${all('old', queue.waiting)} and ${all('new', queue.running)})
  execute function ${names.guard}()`,
    },
    ...serialSteps(names.serial, root, queue),
    ...wakeSteps(home, names, queue),
    ...partitionSteps(names, root, queue, state, waiting),
    { says: 'what has been done, for `attach list` and `attach remove`', sql: recordAttachment(home, name, queue) },
    ...state.tables.map((table) => ({
      says: `how row security was on ${table.name}`,
      sql: recordTable(home, literal(name), table),
    })),
  ];
  if (JSON.stringify(queue).includes('orchestra$'))
    throw new AttachError(
      'description_not_understood',
      'a name or a value of the queue contains "orchestra$", which ends a function: rename it',
    );
  return steps;
}

function roleName(role: string | null): string {
  return role === null ? 'public' : identifier(role);
}

/**
 * One key for each pause of one label; for those of several labels `all` and the labels as JSON, beside 'pairs'. A job
 * that has only the number of its task carries that instead of a skill.
 */
function brakeView(home: string, view: string, { schema, taskNames }: QueueDescription): string {
  const keys = (one: string, several: string): string => `unnest(case when p.also is null then array[${one}]
                                  else array['pairs', 'all ' || to_jsonb(${several})::text] end)`;
  const task = taskNames === undefined ? '' : `'task ' || t.${identifier(taskNames.id)}::text`;
  const name = taskNames === undefined ? '' : `t.${identifier(taskNames.name)}`;
  const labels = `${inHome(home, 'pause_labels')}(p.scope_kind, p.scope_value, p.also)`;
  const byTask =
    taskNames === undefined
      ? ''
      : `
union all
  select k.key
    from ${tableName({ schema, name: taskNames.table })} t
    join ${inHome(home, 'active_pauses')} p on (p.scope_kind = 'skill' and p.scope_value = ${name})
      or p.also ->> 'skill' = ${name}
   cross join lateral ${keys(task, `array_replace(${labels}, 'skill ' || ${name}, ${task})`)} as k(key)
   where not exists (select from ${inHome(home, 'claim_marker')})`;
  return `create view ${view} as
  select k.key
    from ${inHome(home, 'active_pauses')} p
   cross join lateral ${keys("p.scope_kind || ' ' || p.scope_value", labels)} as k(key)
   where not exists (select from ${inHome(home, 'claim_marker')})${byTask}`;
}

function workView(view: string, root: string, queue: QueueDescription): string {
  const names = queue.taskNames;
  const labels = LABEL_KINDS.flatMap((kind) =>
    queue.labels[kind].map((place) => `${literal(`${kind} `)} || ${labelOf('q', place)}`),
  );
  if (names !== undefined)
    labels.push(
      `'skill ' || (select t.${identifier(names.name)} from ` +
        `${tableName({ schema: queue.schema, name: names.table })} t where t.${identifier(names.id)} = ` +
        `q.${identifier(names.column)})`,
    );
  return `create view ${view} as
  select q.${identifier(queue.id)}::text as job,
         case when ${all('q', queue.running)} then 'running' else 'waiting' end as state,
         array_remove(array[${labels.join(', ')}], null) as scopes,
         ${claimOf(queue)} as claim,
         ${claimTime(queue)} as claimed_at
    from ${root} q
   where (${all('q', queue.running)}) or (${all('q', [...queue.waiting, ...queue.alive])})`;
}

/** What jobs of one claim have in common, as text. */
function claimOf({ id, claimGroup }: QueueDescription): string {
  if (claimGroup === undefined) return `q.${identifier(id)}::text`;
  return `concat_ws(' ', ${claimGroup.map((column) => `q.${identifier(column)}::text`).join(', ')})`;
}

function claimTime({ claimedAt }: QueueDescription): string {
  if (claimedAt === undefined) return 'null::timestamptz';
  const column = `q.${identifier(claimedAt.column)}`;
  return claimedAt.epochMs === true ? `to_timestamp(${column} / 1000.0)` : `${column}::timestamptz`;
}

function guardFunction(home: string, guard: string, queue: QueueDescription, brake: string): string {
  return `create function ${guard}() returns trigger ${FUNCTION} as ${BODY}
begin
${
  queue.snapshots === 'old'
    ? ''
    : `  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'orchestra: a claim under % may not see a pause that was made a moment ago',
    current_setting('transaction_isolation')
      using errcode = '0A000', hint = 'Claim under READ COMMITTED, or remove the attachment.';
  end if;
`
}  -- a query of its own, with a snapshot of its own: also a pause that was made while the claim ran is seen
  if ${covered('new', queue, brake, jobIsPaused(home))} then
    return null;
  end if;
  return new;
end ${BODY}`;
}

function tableSteps(home: string, table: TableState, queue: QueueDescription, brake: string, waiting: string): Step[] {
  const name = tableName(table);
  const allowed = table.rowSecurity ? identifier(table.owner) : 'public';
  return [
    {
      says: `a claim on ${table.name} passes over covered jobs, so that those behind them run`,
      sql: `create policy ${POLICY} on ${name} ${policyText(home, queue, brake, waiting)}`,
    },
    ...(table.forced
      ? []
      : [
          {
            says: table.rowSecurity
              ? 'row security is on, and has not bound the owner: apart from the brake it still does not'
              : 'row security is off: apart from the brake everybody may do what they could do before',
            sql: `create policy ${ALLOW} on ${name} to ${allowed} using (true) with check (true)`,
          },
        ]),
    ...(table.rowSecurity ? [] : [{ says: 'let policies bind', sql: `alter table ${name} enable row level security` }]),
    ...(table.forced ? [] : [{ says: 'also the owner', sql: `alter table ${name} force row level security` }]),
  ];
}

/** A claim locks a serial queue together with its job. Where the guard has held the job back, the lock has to go. */
function serialSteps(serial: string, root: string, { schema, serialQueues, running }: QueueDescription): Step[] {
  if (serialQueues === undefined) return [];
  const [id, lockedAt, lockedBy, ofJob] = [
    serialQueues.id,
    serialQueues.lockedAt,
    serialQueues.lockedBy,
    serialQueues.ofJob,
  ].map(identifier);
  const queues = tableName({ schema, name: serialQueues.table });
  return [
    {
      says: 'a serial queue that a claim has locked for a job which was held back is let go',
      sql: `create function ${serial}() returns trigger ${FUNCTION} as ${BODY}
begin
  update ${queues} q set ${lockedAt} = null, ${lockedBy} = null
   where q.${id} = new.${id} and q.${lockedBy} = new.${lockedBy}
     and not exists (select from ${root} j where j.${ofJob} = q.${id} and ${all('j', running)});
  return null;
end ${BODY}`,
    },
    {
      says: 'at the end of the claim',
      sql: `create trigger ${SERIAL_TRIGGER} after update on ${queues} for each row
  when (old.${lockedAt} is null and new.${lockedAt} is not null)
  execute function ${serial}()`,
    },
  ];
}

function wakeSteps(home: string, names: ReturnType<typeof objectsOf>, { wake }: QueueDescription): Step[] {
  if (wake === undefined) return [];
  return [
    {
      says: 'the engine looks for jobs when a pause has ended',
      sql: `create function ${names.wake}() returns trigger ${FUNCTION} as ${BODY}
begin
  -- an error here would take the unpause with it
  if pg_notification_queue_usage() < 0.9 then
    perform pg_notify(${literal(wake.channel)}, ${literal(wake.payload)});
  end if;
  return null;
end ${BODY}`,
    },
    {
      says: 'as soon as it is cleared, by whatever door',
      sql: `create trigger ${names.wakeTrigger} after update on ${inHome(home, 'senate_pause')} for each row
  when (old.cleared_at is null and new.cleared_at is not null)
  execute function ${names.wake}()`,
    },
  ];
}

/** A partition that comes later is braked as it comes, where the database lets us hear of it. */
function partitionSteps(
  names: ReturnType<typeof objectsOf>,
  root: string,
  queue: QueueDescription,
  state: QueueState,
  waiting: string,
): Step[] {
  if (!state.isPartitioned || !state.isSuperuser) return [];
  const { home } = state;
  const attachment = `(select a.name
                         from ${inHome(home, 'attachments')} a
                        where a.queue ->> 'schema' = ${literal(queue.schema)}
                          and a.queue ->> 'table' = ${literal(queue.table)})`;
  return [
    {
      says: 'brakes partitions that are made later',
      sql: `create function ${names.newPartitions}() returns event_trigger ${FUNCTION} as ${BODY}
declare
  part record;
begin
  loop
    select n.nspname, c.relname, format('%I.%I', n.nspname, c.relname) as name, c.relrowsecurity, c.relforcerowsecurity,
           pg_get_userbyid(c.relowner) as owner into part
      from pg_partition_tree(to_regclass(${literal(root)})) t
      join pg_class c on c.oid = t.relid
      join pg_namespace n on n.oid = c.relnamespace
     where not exists (select from pg_policy y where y.polrelid = c.oid and y.polname = ${literal(POLICY)})
     limit 1;
    exit when not found;
    execute 'create policy ${POLICY} on ' || part.name
        || ${literal(` ${policyText(home, queue, names.brake, waiting)}`)};
    insert into ${inHome(home, 'attached_tables')} (attachment, table_schema, table_name, had_row_security, had_force)
    values (${attachment}, part.nspname, part.relname, part.relrowsecurity, part.relforcerowsecurity)
    on conflict (table_schema, table_name) do update set had_row_security = excluded.had_row_security,
      had_force = excluded.had_force;
    if not part.relforcerowsecurity then
      execute format('create policy ${ALLOW} on %s to %s using (true) with check (true)', part.name,
                     case when part.relrowsecurity then quote_ident(part.owner) else 'public' end);
    end if;
    execute format('alter table %s enable row level security', part.name);
    execute format('alter table %s force row level security', part.name);
  end loop;
exception when others then
  -- the trigger holds covered jobs there all the same; only jobs behind them wait
  raise warning 'orchestra: a new partition of % has no policy yet: % (run \`orchestra attach check\`)',
  ${literal(root)}, sqlerrm;
end ${BODY}`,
    },
    {
      says: 'as soon as they are there',
      sql: `create event trigger ${names.partitionsTrigger} on ddl_command_end
              when tag in ('CREATE TABLE', 'ALTER TABLE')
  execute function ${names.newPartitions}()`,
    },
  ];
}

function recordAttachment(home: string, name: string, queue: QueueDescription): string {
  return `insert into ${inHome(home, 'attachments')} (name, engine, queue)
            values (${literal(name)}, ${literal(queue.engine)},
                    ${literal(JSON.stringify({ ...queue, knowsFleet: true }))})`;
}

function recordTable(home: string, name: string, table: TableState): string {
  return `insert into ${inHome(home, 'attached_tables')} (attachment, table_schema, table_name, had_row_security,
                                                          had_force)
values (${name}, ${literal(table.schema)}, ${literal(table.name)}, ${table.rowSecurity}, ${table.forced})`;
}
