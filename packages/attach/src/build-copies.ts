import { BODY, FUNCTION, suffixOf } from './objects.ts';
import { identifier, literal } from './quote.ts';
import type { Step } from './build-attach.ts';

/** Of what is made in the other database. Another number: services of this version remove and attach again. */
export const COPIES_VERSION = 1;

/** What the pauses cover follows the same rules there as at home: the bodies of these functions are home's. */
export interface CoverRules {
  jobIsPaused: string;
  pauseLabels: string;
}

/** The schema of an attachment in another database. */
export function copiesSchema(name: string): string {
  return `orchestra_${suffixOf(name)}`;
}

/**
 * Every statement that makes the schema which the pauses are copied to: the parts of Orchestra's own that policies,
 * triggers and the settle name, under the same names.
 *
 * @param role connects from Orchestra's services; null: the role that attaches
 */
export function buildCopies(schema: string, key: string, rules: CoverRules, role: string | null): Step[] {
  const own = identifier(schema);
  return [
    { says: 'a schema for copies of the pauses, and for nothing else', sql: `create schema ${own}` },
    {
      says: 'whose copies they are',
      sql: `create table ${own}.copy_of (only_one boolean primary key default true check (only_one), key uuid not null,
                                         version integer not null, copied_at timestamptz)`,
    },
    {
      says: 'nobody else writes over them',
      sql: `insert into ${own}.copy_of (key, version) values (${literal(key)}, ${COPIES_VERSION})`,
    },
    {
      says:
        'the copies, under the ids that the pauses have in Orchestra’s own database; those that have ended ' +
        'stay for a day',
      sql: PAUSES.replaceAll('OWN', own),
    },
    { says: 'which of them hold, by the clock of this database', sql: ACTIVE.replaceAll('OWN', own) },
    {
      says: 'never holds a row: every claim names it, so that a pause can wait for claims that began before it',
      sql: `create table ${own}.claim_marker (never boolean check (false))`,
    },
    {
      says: 'which queue is attached',
      sql: `create table ${own}.attachments (name text primary key, engine text not null, queue jsonb not null,
                                             attached_at timestamptz not null default now(),
                                             attached_by text not null default current_user)`,
    },
    {
      says: 'how row security was on its tables',
      sql: `create table ${own}.attached_tables (table_schema text not null, table_name text not null,
                                                 attachment text not null references ${own}.attachments (name)
                                                   on delete cascade, had_row_security boolean not null,
                                                     had_force boolean not null, primary key (table_schema, table_name))`,
    },
    {
      says: 'what the pauses cover, by Orchestra’s own rules',
      sql: `create function ${own}.job_is_paused(carried text[], paused text[]) returns boolean
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as ${BODY}${rules.jobIsPaused}${BODY}`,
    },
    {
      says: 'the labels that a pause names',
      sql: `create function ${own}.pause_labels(scope_kind text, scope_value text, also jsonb) returns text[]
language sql immutable parallel safe as ${BODY}${rules.pauseLabels}${BODY}`,
    },
    {
      says: 'one copies at a time, and only the Orchestra that these copies are of',
      sql: BEGIN.replaceAll('OWN', own),
    },
    { says: 'brings the copies to what holds in Orchestra’s own database', sql: TAKE.replaceAll('OWN', own) },
    {
      says: 'nobody else copies',
      sql: `revoke execute on function ${own}.begin_copy(uuid), ${own}.take_pauses(jsonb) from public`,
    },
    ...(role === null
      ? []
      : [
          { says: 'the role that Orchestra connects as', sql: `grant usage on schema ${own} to ${identifier(role)}` },
          {
            says: 'may copy',
            sql: `grant execute on function ${own}.begin_copy(uuid), ${own}.take_pauses(jsonb) to ${identifier(role)}`,
          },
          { says: 'and read', sql: `grant select on all tables in schema ${own} to ${identifier(role)}` },
        ]),
  ];
}

/**
 * Every statement that takes the schema away again. A view of somebody else's on one of these is an error, and nothing
 * is changed.
 */
export function buildRemoveCopies(schema: string): Step[] {
  const own = identifier(schema);
  return [
    {
      says: 'nothing is copied any more',
      sql: `drop function if exists ${own}.begin_copy(uuid), ${own}.take_pauses(jsonb),
            ${own}.job_is_paused(text[], text[]), ${own}.pause_labels(text, text, jsonb)`,
    },
    { says: 'no copy is left', sql: `drop view if exists ${own}.active_pauses` },
    {
      says: 'nor what held them',
      sql: `drop table if exists ${own}.attached_tables, ${own}.attachments, ${own}.claim_marker, ${own}.senate_pause,
            ${own}.copy_of`,
    },
    { says: 'its schema', sql: `drop schema if exists ${own}` },
  ];
}

const PAUSES = `create table OWN.senate_pause (
  id bigint primary key,
  scope_kind text not null, scope_value text not null, also jsonb,
  reason text not null, source text not null, paused_at timestamptz not null, paused_by text not null,
  ttl_seconds integer, ends_as text not null,
  -- reckoned from the time that was left at home when the copy was made: the clocks of the two may differ
  ends_at timestamptz,
  -- since when it holds here
  applied_at timestamptz not null,
  cleared_at timestamptz
)`;

const ACTIVE = `create view OWN.active_pauses as
  select p.id, p.scope_kind, p.scope_value, p.also, p.reason, p.source, p.paused_at, p.paused_by, p.ttl_seconds,
         p.ends_as, p.ends_at, p.applied_at, p.cleared_at,
         null::text as cleared_by, null::timestamptz as quiet_at, null::timestamptz as stayed_at,
         null::timestamptz as probing_at, null::bigint as probe_task_id, null::timestamptz as warned_at
    from OWN.senate_pause p
   where p.cleared_at is null and (p.ends_at is null or p.ends_at > now())`;

const BEGIN = `create function OWN.begin_copy(home uuid) returns void ${FUNCTION} as ${BODY}
begin
  if not exists (select from OWN.copy_of c where c.key = home) then
    raise exception 'these copies are of the pauses of another Orchestra' using errcode = 'OC010';
  end if;
  -- held until the copies are committed: what another has read at home earlier is not written over them
  lock table OWN.copy_of in exclusive mode;
end ${BODY}`;

const TAKE = `create function OWN.take_pauses(pauses jsonb) returns void ${FUNCTION} as ${BODY}
begin
  -- what is answered as settled outlives a crash of this server
  if current_setting('synchronous_commit') in ('off', 'local', 'remote_write') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  insert into OWN.senate_pause as c (id, scope_kind, scope_value, also, reason, source, paused_at, paused_by,
                                     ttl_seconds, ends_as, ends_at, applied_at)
  select p.id, p.scope_kind, p.scope_value, p.also, p.reason, p.source, p.paused_at, p.paused_by, p.ttl_seconds,
         p.ends_as,
         clock_timestamp() + make_interval(secs => p.remaining_ms / 1000), clock_timestamp()
    from jsonb_to_recordset(pauses) as p(id bigint, scope_kind text, scope_value text, also jsonb, reason text,
                                         source text, paused_at timestamptz, paused_by text,
                                         ttl_seconds integer, ends_as text, remaining_ms double precision)
  on conflict (id) do update set
         scope_kind = excluded.scope_kind, scope_value = excluded.scope_value, also = excluded.also,
         reason = excluded.reason, source = excluded.source,
         paused_at = excluded.paused_at, paused_by = excluded.paused_by, ttl_seconds = excluded.ttl_seconds,
         ends_as = excluded.ends_as, cleared_at = null,
         ends_at = case when (c.paused_at, c.ttl_seconds, c.ends_as,
                              c.cleared_at) is not distinct from (excluded.paused_at, excluded.ttl_seconds,
                                excluded.ends_as, null::timestamptz)
                         and (c.ends_at > clock_timestamp() or c.ends_at is null) then c.ends_at else excluded.ends_at
                             end,
         applied_at = case when c.cleared_at is null and (c.ends_at > clock_timestamp() or c.ends_at is null)
                            and (c.scope_kind, c.scope_value, c.also) is not distinct from (excluded.scope_kind,
                                excluded.scope_value, excluded.also)
                           then c.applied_at else excluded.applied_at end
   where (c.scope_kind, c.scope_value, c.also, c.reason, c.source, c.paused_at, c.paused_by, c.ttl_seconds, c.ends_as,
          c.cleared_at)
         is distinct from (excluded.scope_kind, excluded.scope_value, excluded.also, excluded.reason, excluded.source,
                           excluded.paused_at, excluded.paused_by, excluded.ttl_seconds,
                           excluded.ends_as, null::timestamptz)
      or c.ends_at <= clock_timestamp();
  update OWN.senate_pause c set cleared_at = clock_timestamp()
   where c.cleared_at is null
     and not exists (select from jsonb_array_elements(pauses) as g(pause) where (g.pause ->> 'id')::bigint = c.id);
  delete from OWN.senate_pause c where c.cleared_at < now() - interval '1 day';
  update OWN.copy_of set copied_at = clock_timestamp()
    where copied_at is null or copied_at < clock_timestamp() - interval '1 minute';
end ${BODY}`;
