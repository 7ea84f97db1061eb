-- The schema of Orchestra after all migrations, to be read. Written by `npx pnpm sql:print`; a test keeps it current.
-- Where a thing comes from: grep its name in migrations/. Names stand without their schema (ORCHESTRA_SCHEMA).

create table api_tokens (
  id bigint generated always as identity not null,
  name text not null,
  role text not null,
  token_sha256 bytea not null,
  created_at timestamp with time zone default now() not null,
  created_by text not null,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  labels jsonb,
  constraint api_tokens_pkey PRIMARY KEY (id),
  constraint api_tokens_instants CHECK (is_instant(created_at)
    AND is_instant(expires_at)
    AND is_instant(last_used_at)
    AND is_instant(revoked_at)),
  constraint api_tokens_labels_of_workers CHECK (labels IS NULL
    OR role = 'worker'::text
    AND jsonb_typeof(labels) = 'object'::text),
  constraint api_tokens_name_check CHECK (name <> ''::text),
  constraint api_tokens_role_check CHECK (role = ANY (ARRAY['viewer'::text, 'worker'::text, 'source'::text, 'operator'::text, 'admin'::text, 'agent'::text])),
  constraint api_tokens_token_sha256_key UNIQUE (token_sha256)
);
CREATE UNIQUE INDEX api_tokens_name ON api_tokens USING btree (name) WHERE (revoked_at IS NULL);
CREATE TRIGGER api_tokens_bell AFTER UPDATE OF revoked_at, expires_at ON api_tokens
    FOR EACH STATEMENT
    EXECUTE FUNCTION senate_ring('token');
CREATE TRIGGER api_tokens_bell_deleted AFTER DELETE ON api_tokens
    FOR EACH STATEMENT
    EXECUTE FUNCTION senate_ring('token');
CREATE TRIGGER api_tokens_well_formed BEFORE INSERT
    OR UPDATE OF expires_at ON api_tokens
    FOR EACH ROW
    WHEN (new.expires_at = 'infinity'::timestamp with time zone)
    EXECUTE FUNCTION api_token_is_well_formed();

create table attached_elsewhere (
  name text not null,
  engine text not null,
  queue jsonb not null,
  url text not null,
  schema text not null,
  key uuid not null,
  attached_at timestamp with time zone default now() not null,
  attached_by text default CURRENT_USER not null,
  constraint attached_elsewhere_pkey PRIMARY KEY (name),
  constraint attached_elsewhere_engine_check CHECK (engine = ANY (ARRAY['graphile-worker'::text, 'pg-boss'::text, 'dbos'::text, 'table'::text])),
  constraint attached_elsewhere_key_key UNIQUE (key),
  constraint attached_elsewhere_name_check CHECK (name ~ '^[a-z][a-z0-9-]{0,29}$'::text),
  constraint attached_elsewhere_url_check CHECK (url ~ '^postgresql://[^:@/]*@'::text)
);

create table attached_tables (
  table_schema text not null,
  table_name text not null,
  attachment text not null,
  had_row_security boolean not null,
  had_force boolean not null,
  constraint attached_tables_pkey PRIMARY KEY (table_schema, table_name),
  constraint attached_tables_attachment_fkey FOREIGN KEY (attachment) REFERENCES attachments(name) ON DELETE CASCADE
);

create table attachments (
  name text not null,
  engine text not null,
  queue jsonb not null,
  attached_at timestamp with time zone default now() not null,
  attached_by text default CURRENT_USER not null,
  constraint attachments_pkey PRIMARY KEY (name),
  constraint attachments_engine_check CHECK (engine = ANY (ARRAY['graphile-worker'::text, 'pg-boss'::text, 'dbos'::text, 'table'::text])),
  constraint attachments_name_check CHECK (name ~ '^[a-z][a-z0-9-]{0,29}$'::text)
);

create table brake_proof (
  only_one boolean default true not null,
  every_seconds integer,
  watched_since timestamp with time zone,
  tried_at timestamp with time zone,
  proved_at timestamp with time zone,
  failed_at timestamp with time zone,
  failure text,
  alerted_at timestamp with time zone,
  constraint brake_proof_pkey PRIMARY KEY (only_one),
  constraint brake_proof_every_seconds_check CHECK (every_seconds > 0),
  constraint brake_proof_only_one_check CHECK (only_one)
);

create table claim_marker (
  never boolean,
  constraint claim_marker_check CHECK (false)
);

create table event_batches (
  id bigint default nextval('task_events_id_seq'::regclass) not null,
  at timestamp with time zone default now() not null,
  kind text not null,
  by text not null,
  task_ids bigint[] not null,
  run_ids uuid[],
  shared jsonb,
  each jsonb,
  attempts integer[],
  agent_ids text[],
  skills text[],
  quest_ids text[],
  actor_ids text[],
  constraint event_batches_pkey PRIMARY KEY (id),
  constraint event_batches_task_ids_check CHECK (cardinality(task_ids) >= 1 AND cardinality(task_ids) <= 1024)
);
CREATE INDEX event_batches_ended ON event_batches USING btree (at)
    WHERE (kind = ANY (ARRAY['completed'::text, 'failed'::text, 'released'::text, 'reaped'::text, 'cancelled'::text]));
CREATE INDEX event_batches_task ON event_batches USING gin (task_ids) WITH (gin_pending_list_limit='128');

create table gate_refusals (
  pause_id bigint not null,
  gate text not null,
  agent_id text not null,
  reported_by text not null,
  skill text,
  refused bigint not null,
  first_at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  constraint gate_refusals_pkey PRIMARY KEY (pause_id, gate, agent_id)
);

create table horizon_look (
  only_row boolean default true not null,
  last_id bigint,
  of text,
  resets bigint,
  writers text[],
  constraint horizon_look_pkey PRIMARY KEY (only_row),
  constraint horizon_look_only_row_check CHECK (only_row)
);

create table idempotency_keys (
  principal text not null,
  key text not null,
  request_sha256 bytea not null,
  answer jsonb,
  created_at timestamp with time zone default now() not null,
  constraint idempotency_keys_pkey PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys USING btree (created_at);

create table known_labels (
  kind text not null,
  value text not null,
  folded text not null,
  seen_on date default CURRENT_DATE not null,
  constraint known_labels_pkey PRIMARY KEY (kind, value),
  constraint known_labels_kind_check CHECK (kind = ANY (ARRAY['agent'::text, 'skill'::text, 'quest'::text, 'actor'::text]))
);
CREATE INDEX known_labels_folded ON known_labels USING btree (kind, folded);

create table notice_deliveries (
  target text not null,
  "position" bigint not null,
  event_id bigint not null,
  subject text not null,
  type text not null,
  at timestamp with time zone not null,
  data jsonb not null,
  tries integer default 0 not null,
  next_try_at timestamp with time zone default now() not null,
  held_by uuid,
  held_until timestamp with time zone,
  constraint notice_deliveries_pkey PRIMARY KEY (target, "position"),
  constraint notice_deliveries_target_fkey FOREIGN KEY (target) REFERENCES notice_targets(name) ON DELETE CASCADE
);
CREATE INDEX notice_deliveries_order ON notice_deliveries USING btree (target, subject, "position");

create table notice_targets (
  name text not null,
  "position" bigint not null,
  address_sha256 bytea not null,
  seen_at timestamp with time zone default now() not null,
  resting_until timestamp with time zone,
  failures integer default 0 not null,
  gone_at timestamp with time zone,
  delivered bigint default 0 not null,
  given_up bigint default 0 not null,
  last_success_at timestamp with time zone,
  last_failure_at timestamp with time zone,
  last_failure text,
  event_mark text,
  event_at timestamp with time zone,
  constraint notice_targets_pkey PRIMARY KEY (name)
);

create table orchestra_migrations (
  id integer default nextval('orchestra_migrations_id_seq'::regclass) not null,
  hash text not null,
  created_at bigint,
  constraint orchestra_migrations_pkey PRIMARY KEY (id)
);

create table queue_minutes (
  at timestamp with time zone not null,
  claimed integer not null,
  completed integer not null,
  failed integer not null,
  deferred integer not null,
  constraint queue_minutes_pkey PRIMARY KEY (at),
  constraint queue_minutes_instants CHECK (is_instant(at))
);

create table queue_settings (
  only_row boolean default true not null,
  lease_seconds double precision not null,
  gated_repos text[],
  kept jsonb,
  rules text not null,
  stages jsonb not null,
  question_repos text[],
  auto_park_repos text[],
  written_at timestamp with time zone,
  constraint queue_settings_pkey PRIMARY KEY (only_row),
  constraint queue_settings_lease_seconds_check CHECK (lease_seconds > 0::double precision),
  constraint queue_settings_only_row_check CHECK (only_row)
);

create table queue_upkeep (
  round text not null,
  done_at timestamp with time zone default '-infinity'::timestamp with time zone not null,
  heard_since timestamp with time zone,
  constraint queue_upkeep_pkey PRIMARY KEY (round),
  constraint queue_upkeep_round_check CHECK (round = ANY (ARRAY['reap'::text, 'lanes'::text, 'drop'::text]))
);

create table reaper_totals (
  only_row boolean default true not null,
  by_lease bigint default 0 not null,
  by_process_gone bigint default 0 not null,
  by_other_boot bigint default 0 not null,
  impossible_queued bigint default 0 not null,
  last_tick_at timestamp with time zone,
  rows_failing integer default 0 not null,
  constraint reaper_totals_pkey PRIMARY KEY (only_row),
  constraint reaper_totals_only_row_check CHECK (only_row)
);

create table repo_gates (
  repo text not null,
  max_in_progress integer default 1 not null,
  frozen_at timestamp with time zone,
  frozen_by text,
  freeze_reason text,
  in_progress integer default 0 not null,
  waiting integer default 0 not null,
  head_id bigint,
  head_priority smallint,
  agent_id text,
  skill text,
  quest_id text,
  actor_id text,
  between_stages integer default 0 not null,
  head_has_begun boolean default false not null,
  constraint repo_gates_pkey PRIMARY KEY (repo),
  constraint repo_gates_head CHECK ((head_id IS NULL) = (head_priority IS NULL)),
  constraint repo_gates_instants CHECK (is_instant(frozen_at)),
  constraint repo_gates_max_in_progress_check CHECK (max_in_progress >= 1 AND max_in_progress <= 1000)
);
CREATE INDEX repo_gates_open ON repo_gates USING btree (head_priority, head_id)
    WHERE ((head_id IS NOT NULL)
    AND (frozen_at IS NULL)
    AND (in_progress < max_in_progress));
CREATE INDEX repo_gates_waiting ON repo_gates USING btree (repo) WHERE (head_id IS NOT NULL);
CREATE TRIGGER repo_gates_begin AFTER INSERT ON repo_gates
    FOR EACH ROW
    WHEN (new.frozen_at IS NOT NULL
    OR new.max_in_progress <> 1)
    EXECUTE FUNCTION repo_gate_history();
CREATE TRIGGER repo_gates_begin_frozen BEFORE INSERT ON repo_gates
    FOR EACH ROW
    WHEN (new.frozen_at IS NOT NULL)
    EXECUTE FUNCTION repo_is_frozen();
CREATE TRIGGER repo_gates_change AFTER UPDATE ON repo_gates
    FOR EACH ROW
    WHEN (old.frozen_at IS DISTINCT FROM new.frozen_at
    OR old.max_in_progress <> new.max_in_progress)
    EXECUTE FUNCTION repo_gate_history();
CREATE TRIGGER repo_gates_freeze BEFORE UPDATE ON repo_gates
    FOR EACH ROW
    WHEN (old.frozen_at IS DISTINCT FROM new.frozen_at)
    EXECUTE FUNCTION repo_is_frozen();
CREATE TRIGGER repo_gates_in_order BEFORE UPDATE OF frozen_at, frozen_by, freeze_reason, max_in_progress ON repo_gates
    FOR EACH STATEMENT
    WHEN (COALESCE(current_setting('orchestra.one_gate'::text, true), ''::text) <> 'on'::text)
    EXECUTE FUNCTION repo_gates_in_order();
CREATE TRIGGER repo_gates_stay BEFORE DELETE
    OR TRUNCATE ON repo_gates
    FOR EACH STATEMENT
    EXECUTE FUNCTION repo_gates_stay();
CREATE TRIGGER repo_gates_well_formed BEFORE INSERT ON repo_gates
    FOR EACH ROW
    WHEN (new.repo !~ '^[!-~]([ -~]*[!-~])?$'::text
    OR length(new.repo) > 200)
    EXECUTE FUNCTION repo_gate_is_well_formed();

create table run_stops (
  run_id uuid not null,
  task_id bigint not null,
  stop_id bigint not null,
  asked_at timestamp with time zone default clock_timestamp() not null,
  asked_by text not null,
  reason text not null,
  next_status text not null,
  worker text,
  host text,
  pid integer,
  fence_at timestamp with time zone not null,
  told_at timestamp with time zone,
  ended_at timestamp with time zone,
  outcome text,
  constraint run_stops_pkey PRIMARY KEY (run_id),
  constraint run_stops_check CHECK ((ended_at IS NULL) = (outcome IS NULL)),
  constraint run_stops_next_status_check CHECK (next_status = ANY (ARRAY['queued'::text, 'cancelled'::text])),
  constraint run_stops_outcome_check CHECK (outcome = ANY (ARRAY['obeyed'::text, 'fenced'::text, 'ended'::text]))
);
CREATE INDEX run_stops_of_a_call ON run_stops USING btree (stop_id);
CREATE INDEX run_stops_open ON run_stops USING btree (fence_at) WHERE (ended_at IS NULL);

create table runner_preflights (
  runner text not null,
  worker text not null,
  at timestamp with time zone default now() not null,
  host text,
  outcome text not null,
  exec_host_side boolean default false not null,
  summary text not null,
  fix text,
  checks jsonb default '[]'::jsonb not null,
  constraint runner_preflights_pkey PRIMARY KEY (runner, worker),
  constraint runner_preflights_instants CHECK (is_instant(at)),
  constraint runner_preflights_outcome_check CHECK (outcome = ANY (ARRAY['passed'::text, 'failed'::text, 'environment'::text, 'transient'::text]))
);
CREATE INDEX runner_preflights_at ON runner_preflights USING btree (at);

create table senate_alerts (
  id bigint default nextval('senate_alerts_id_seq'::regclass) not null,
  kind text default 'unnamed'::text not null,
  ref_id text,
  severity text default 'medium'::text not null,
  details jsonb,
  created_at timestamp with time zone default now() not null,
  ack_at timestamp with time zone,
  ack_by text,
  fed_pause bigint,
  source_key text,
  noted_at timestamp with time zone default now(),
  source_resolved_at timestamp with time zone,
  constraint senate_alerts_pkey PRIMARY KEY (id),
  constraint senate_alerts_severity CHECK (severity = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text])) NOT VALID
);
CREATE INDEX senate_alerts_behind ON senate_alerts USING btree (noted_at)
    WHERE ((severity = 'critical'::text)
    AND (ack_at IS NULL)
    AND ((created_at IS NULL)
    OR (created_at < noted_at)));
CREATE INDEX senate_alerts_critical ON senate_alerts USING btree (ref_id, created_at)
    WHERE ((severity = 'critical'::text)
    AND (ack_at IS NULL));
CREATE INDEX senate_alerts_critical_recent ON senate_alerts USING btree (created_at)
    WHERE ((severity = 'critical'::text)
    AND (ack_at IS NULL));
CREATE UNIQUE INDEX senate_alerts_id ON senate_alerts USING btree (id);
CREATE UNIQUE INDEX senate_alerts_runaway_run ON senate_alerts USING btree (((details ->> 'run_id'::text)))
    WHERE (kind = 'runaway'::text);
CREATE UNIQUE INDEX senate_alerts_source_key ON senate_alerts USING btree (source_key)
    WHERE (source_key IS NOT NULL);
CREATE TRIGGER senate_alerts_bell AFTER INSERT
    OR UPDATE ON senate_alerts
    FOR EACH STATEMENT
    EXECUTE FUNCTION senate_ring('alert');
CREATE TRIGGER senate_alerts_history AFTER INSERT
    OR UPDATE ON senate_alerts
    FOR EACH ROW
    EXECUTE FUNCTION senate_alert_history();

create table senate_audit (
  id bigint generated always as identity not null,
  at timestamp with time zone default now() not null,
  by text not null,
  action text not null,
  subject_kind text not null,
  subject_id text not null,
  why text,
  data jsonb,
  constraint senate_audit_pkey PRIMARY KEY (id),
  constraint senate_audit_at_is_an_instant CHECK (is_instant(at)) NOT VALID,
  constraint senate_audit_subject_kind_check CHECK (subject_kind = ANY (ARRAY['pause'::text, 'alert'::text, 'task'::text, 'token'::text, 'repo'::text, 'notice_target'::text])) NOT VALID
);
CREATE INDEX senate_audit_subject ON senate_audit USING btree (subject_kind, subject_id, id);
CREATE TRIGGER senate_audit_keep BEFORE DELETE
    OR UPDATE
    OR TRUNCATE ON senate_audit
    FOR EACH STATEMENT
    EXECUTE FUNCTION senate_keep_history();

create table senate_events (
  id bigint generated always as identity not null,
  at timestamp with time zone default now() not null,
  type text not null,
  data jsonb not null,
  "position" bigint,
  xid xid8 default pg_current_xact_id(),
  cluster text default cluster_id(),
  constraint senate_events_pkey PRIMARY KEY (id),
  constraint senate_events_at_is_an_instant CHECK (is_instant(at)) NOT VALID,
  constraint senate_events_position_key UNIQUE ("position")
);
CREATE INDEX senate_events_pause ON senate_events USING btree (((data ->> 'id'::text)), id)
    WHERE (type ~~ 'pause.%'::text);
CREATE INDEX senate_events_pauses ON senate_events USING btree (id) WHERE (type ~~ 'pause.%'::text);
CREATE INDEX senate_events_unplaced ON senate_events USING btree (id) WHERE ("position" IS NULL);

create table senate_pause (
  scope_kind text not null,
  scope_value text not null,
  paused_at timestamp with time zone default now() not null,
  paused_by text default CURRENT_USER not null,
  reason text default 'no reason given'::text not null,
  ttl_seconds integer,
  cleared_at timestamp with time zone,
  cleared_by text,
  id bigint generated always as identity not null,
  source text default 'sql'::text not null,
  quiet_at timestamp with time zone,
  ends_as text default 'resume'::text not null,
  period_seconds integer,
  stayed_at timestamp with time zone,
  probing_at timestamp with time zone,
  probe_task_id bigint,
  warnings smallint default 0 not null,
  warned_at timestamp with time zone,
  traceparent text,
  also jsonb,
  constraint senate_pause_pkey PRIMARY KEY (id),
  constraint senate_pause_ends_as_check CHECK (ends_as = ANY (ARRAY['resume'::text, 'stay'::text, 'probe'::text])),
  constraint senate_pause_id_check CHECK (id > 0),
  constraint senate_pause_paused_at_check CHECK (paused_at >= '1970-01-01 00:00:00+00'::timestamp with time zone
    AND paused_at < '9999-01-01 00:00:00+00'::timestamp with time zone),
  constraint senate_pause_period_seconds_check CHECK (period_seconds > 0),
  constraint senate_pause_scope_kind_check CHECK (scope_kind = ANY (ARRAY['agent'::text, 'skill'::text, 'quest'::text, 'actor'::text, 'fleet'::text])) NOT VALID,
  constraint senate_pause_scope_value_check CHECK (scope_value <> ''::text),
  constraint senate_pause_source_check CHECK (source = ANY (ARRAY['person'::text, 'machine'::text, 'sql'::text])),
  constraint senate_pause_ttl_seconds_check CHECK (ttl_seconds > 0)
);
CREATE INDEX senate_pause_ended ON senate_pause USING btree (cleared_at DESC) WHERE (cleared_at IS NOT NULL);
CREATE INDEX senate_pause_open ON senate_pause USING btree (scope_kind, scope_value)
    WHERE (cleared_at IS NULL);
CREATE INDEX senate_pause_scope ON senate_pause USING btree (scope_kind, scope_value, paused_at);
CREATE TRIGGER senate_pause_another_end BEFORE UPDATE ON senate_pause
    FOR EACH ROW
    WHEN (new.cleared_at IS NULL
    AND (old.ttl_seconds IS DISTINCT FROM new.ttl_seconds
    OR old.ends_as IS DISTINCT FROM new.ends_as))
    EXECUTE FUNCTION senate_pause_begins_anew();
CREATE TRIGGER senate_pause_bell AFTER UPDATE ON senate_pause FOR EACH STATEMENT EXECUTE FUNCTION senate_ring('pause');
CREATE TRIGGER senate_pause_bell_added AFTER INSERT ON senate_pause
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT
    EXECUTE FUNCTION senate_ring_added();
CREATE TRIGGER senate_pause_durable BEFORE INSERT
    OR UPDATE ON senate_pause
    FOR EACH STATEMENT
    EXECUTE FUNCTION senate_pause_durable();
CREATE TRIGGER senate_pause_history AFTER INSERT
    OR UPDATE ON senate_pause
    FOR EACH ROW
    EXECUTE FUNCTION senate_pause_history();
CREATE TRIGGER senate_pause_keep BEFORE DELETE
    OR TRUNCATE ON senate_pause
    FOR EACH STATEMENT
    EXECUTE FUNCTION senate_keep_history();
CREATE TRIGGER senate_pause_well_formed BEFORE INSERT
    OR UPDATE ON senate_pause
    FOR EACH ROW
    EXECUTE FUNCTION senate_pause_is_well_formed();

create table senate_releases (
  id bigint generated always as identity not null,
  pause_id bigint not null,
  asked_at timestamp with time zone default now() not null,
  asked_by text not null,
  reason text,
  gap_seconds double precision,
  next_at timestamp with time zone default now() not null,
  released bigint default 0 not null,
  last_task_id bigint,
  ended_at timestamp with time zone,
  ended_as text,
  constraint senate_releases_pkey PRIMARY KEY (id),
  constraint senate_releases_check CHECK ((ended_at IS NULL) = (ended_as IS NULL)),
  constraint senate_releases_ended_as_check CHECK (ended_as = ANY (ARRAY['done'::text, 'stopped'::text, 'replaced'::text])),
  constraint senate_releases_gap_seconds_check CHECK (gap_seconds >= 0.1::double precision
    AND gap_seconds <= 86400::double precision),
  constraint senate_releases_instants CHECK (is_instant(asked_at) AND is_instant(next_at) AND is_instant(ended_at))
);
CREATE UNIQUE INDEX senate_releases_under_way ON senate_releases USING btree (pause_id)
    WHERE (ended_at IS NULL);

create table task_event_rows (
  id bigint generated always as identity not null,
  task_id bigint not null,
  run_id uuid,
  kind text not null,
  at timestamp with time zone default now() not null,
  by text not null,
  data jsonb,
  constraint task_events_pkey PRIMARY KEY (id),
  constraint task_events_at_is_an_instant CHECK (is_instant(at)) NOT VALID,
  constraint task_events_kind_check CHECK (kind = ANY (ARRAY['queued'::text, 'claimed'::text, 'deferred'::text, 'completed'::text, 'failed'::text, 'released'::text, 'reaped'::text, 'healed'::text, 'parked'::text, 'unparked'::text, 'asked'::text, 'answered'::text, 'probing'::text, 'probed'::text, 'held'::text, 'retried'::text, 'resumed'::text, 'stage'::text, 'cancelled'::text, 'requeued'::text, 'moved'::text, 'stopping'::text, 'stopped'::text])) NOT VALID
);
CREATE INDEX task_events_ended ON task_event_rows USING btree (at)
    WHERE (kind = ANY (ARRAY['completed'::text, 'failed'::text, 'released'::text, 'reaped'::text]));
CREATE INDEX task_events_task ON task_event_rows USING btree (task_id, id);
CREATE TRIGGER task_events_bear_witness BEFORE INSERT ON task_event_rows
    FOR EACH ROW
    WHEN (new.kind = 'claimed'::text
    AND ((new.data -> 'labels'::text) IS NULL
    OR (new.data -> 'cluster'::text) IS NULL))
    EXECUTE FUNCTION task_event_bears_witness();

create table task_horizon (
  only_row boolean default true not null,
  id bigint not null,
  looked_to bigint default 0 not null,
  resets bigint default 0 not null,
  constraint task_horizon_pkey PRIMARY KEY (only_row),
  constraint task_horizon_only_row_check CHECK (only_row)
);

create table task_lanes (
  id bigint generated always as identity not null,
  key bytea not null,
  priority smallint not null,
  repo text,
  agent_id text,
  skill text,
  quest_id text,
  actor_id text,
  head bigint default 0 not null,
  returns bigint default 0 not null,
  deferred_by bigint,
  deferred_to bigint default 0 not null,
  deferred_until timestamp with time zone,
  deferred_left bigint,
  deferred_again_at timestamp with time zone,
  constraint task_lanes_pkey PRIMARY KEY (id),
  constraint task_lanes_key_key UNIQUE (key)
);
CREATE INDEX task_lanes_head ON task_lanes USING btree (priority, head);

create table task_output (
  task_id bigint not null,
  run_id uuid not null,
  tail text not null,
  at timestamp with time zone default now() not null,
  printed bigint,
  constraint task_output_pkey PRIMARY KEY (task_id)
);

create table task_totals (
  succeeded bigint not null,
  failed bigint not null,
  cancelled bigint not null
);

create table tasks (
  id bigint generated always as identity not null,
  repo text,
  agent_id text,
  skill text,
  quest_id text,
  actor_id text,
  priority smallint default 0 not null,
  payload jsonb default '{}'::jsonb not null,
  status text default 'queued'::text not null,
  next_eligible_at timestamp with time zone default now() not null,
  deferred_by bigint,
  run_id uuid,
  worker_id text,
  host text,
  pid integer,
  started_at timestamp with time zone,
  heartbeat_at timestamp with time zone,
  attempt integer default 0 not null,
  max_attempts integer default 3 not null,
  cursor jsonb,
  result jsonb,
  created_at timestamp with time zone default now() not null,
  created_by text default CURRENT_USER not null,
  lane_id bigint,
  place bigint generated always as (id) stored,
  paused_at timestamp with time zone,
  paused_by text,
  pause_reason text,
  questions text,
  asked_at timestamp with time zone,
  answer text,
  answered_at timestamp with time zone,
  answered_by text,
  in_line boolean default true not null,
  boot_id uuid,
  pid_namespace text,
  process_started bigint,
  crashes integer default 0 not null,
  max_crashes integer default 3 not null,
  prefetched boolean default false not null,
  admitted_under bigint,
  probe_of bigint,
  traceparent text,
  pipeline text,
  stage text,
  stage_since timestamp with time zone,
  last_outcome text,
  stage_attempts jsonb,
  transient_failures integer default 0 not null,
  held_at timestamp with time zone,
  held_evidence jsonb,
  paused_run uuid,
  labels_at_claim jsonb,
  constraint tasks_pkey PRIMARY KEY (id),
  constraint tasks_answer_has_a_question CHECK (answer IS NULL OR questions IS NOT NULL AND answered_at IS NOT NULL),
  constraint tasks_held_evidence_is_an_object CHECK (jsonb_typeof(held_evidence) = 'object'::text) NOT VALID,
  constraint tasks_held_is_unowned CHECK (status <> 'held'::text
    OR run_id IS NULL
    AND pid IS NULL
    AND started_at IS NULL) NOT VALID,
  constraint tasks_held_since CHECK (held_at IS NULL OR status = 'held'::text) NOT VALID,
  constraint tasks_max_attempts_check CHECK (max_attempts > 0),
  constraint tasks_max_crashes_check CHECK (max_crashes > 0),
  constraint tasks_outcome_is_known CHECK (last_outcome = ANY (ARRAY['passed'::text, 'failed'::text, 'environment'::text, 'transient'::text])) NOT VALID,
  constraint tasks_question_was_asked CHECK ((questions IS NULL) = (asked_at IS NULL)),
  constraint tasks_queued_has_no_process CHECK (status <> 'queued'::text
    OR boot_id IS NULL
    AND pid_namespace IS NULL
    AND process_started IS NULL),
  constraint tasks_queued_is_in_a_lane CHECK (status <> 'queued'::text OR lane_id IS NOT NULL),
  constraint tasks_queued_is_unowned CHECK (status <> 'queued'::text
    OR run_id IS NULL
    AND pid IS NULL
    AND started_at IS NULL),
  constraint tasks_running_is_owned CHECK (status <> 'running'::text
    OR run_id IS NOT NULL
    AND started_at IS NOT NULL
    AND heartbeat_at IS NOT NULL),
  constraint tasks_stage_is_of_a_pipeline CHECK ((pipeline IS NULL) = (stage IS NULL)) NOT VALID,
  constraint tasks_status_check CHECK (status = ANY (ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'held'::text, 'cancelled'::text])),
  constraint tasks_succeeded_is_through CHECK (status <> 'succeeded'::text
    OR pipeline IS NULL
    OR stage = 'done'::text) NOT VALID
);
CREATE INDEX tasks_between_stages ON tasks USING btree (repo, priority, id)
    WHERE ((status = 'queued'::text)
    AND (repo IS NOT NULL)
    AND (paused_at IS NULL)
    AND (stage_since IS NOT NULL));
CREATE INDEX tasks_created ON tasks USING brin (created_at) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX tasks_deferred ON tasks USING btree (deferred_by)
    WHERE ((status = 'queued'::text)
    AND (deferred_by IS NOT NULL));
CREATE INDEX tasks_due ON tasks USING btree (next_eligible_at)
    WHERE ((status = 'queued'::text)
    AND (next_eligible_at > created_at));
CREATE INDEX tasks_for_later ON tasks USING btree (next_eligible_at)
    WHERE ((status = 'queued'::text)
    AND (NOT in_line));
CREATE INDEX tasks_held ON tasks USING btree (skill) WHERE (status = 'held'::text);
CREATE INDEX tasks_impossible ON tasks USING btree (id)
    WHERE ((status = 'queued'::text)
    AND ((run_id IS NOT NULL)
    OR (pid IS NOT NULL)
    OR (started_at IS NOT NULL)));
CREATE INDEX tasks_in_progress ON tasks USING btree (repo, id)
    WHERE ((status = ANY (ARRAY['running'::text, 'held'::text]))
    AND (repo IS NOT NULL));
CREATE INDEX tasks_lane ON tasks USING btree (lane_id, place) WHERE (status = 'queued'::text);
CREATE INDEX tasks_line ON tasks USING btree (repo, priority, id)
    WHERE ((status = 'queued'::text)
    AND (repo IS NOT NULL)
    AND (paused_at IS NULL)
    AND in_line);
CREATE INDEX tasks_not_succeeded ON tasks USING btree (status, id)
    WHERE (status = ANY (ARRAY['failed'::text, 'cancelled'::text]));
CREATE INDEX tasks_parked ON tasks USING btree (id)
    WHERE ((paused_at IS NOT NULL)
    AND (status = ANY (ARRAY['queued'::text, 'running'::text, 'held'::text])));
CREATE UNIQUE INDEX tasks_probe ON tasks USING btree (probe_of) WHERE (probe_of IS NOT NULL);
CREATE INDEX tasks_ready ON tasks USING btree (priority, place)
    WHERE ((status = 'queued'::text)
    AND (repo IS NULL));
CREATE INDEX tasks_relabelled ON tasks USING btree (id)
    WHERE ((status = 'running'::text)
    AND (labels_at_claim IS NOT NULL));
CREATE INDEX tasks_running ON tasks USING btree (heartbeat_at) WHERE (status = 'running'::text);
CREATE TRIGGER tasks_begin_parked BEFORE INSERT ON tasks
    FOR EACH ROW
    WHEN (new.paused_at IS NOT NULL)
    EXECUTE FUNCTION task_is_parked();
CREATE TRIGGER tasks_begin_well_formed BEFORE INSERT ON tasks
    FOR EACH ROW
    WHEN (current_setting('orchestra.adds_itself'::text, true) IS DISTINCT FROM 'on'::text)
    EXECUTE FUNCTION task_is_well_formed();
CREATE TRIGGER tasks_change_payload BEFORE UPDATE OF payload ON tasks
    FOR EACH ROW
    WHEN (jsonb_typeof(new.payload) <> 'object'::text)
    EXECUTE FUNCTION task_is_well_formed();
CREATE TRIGGER tasks_change_stage BEFORE UPDATE OF stage, pipeline ON tasks
    FOR EACH ROW
    WHEN (old.stage IS DISTINCT FROM new.stage
    OR old.pipeline IS DISTINCT FROM new.pipeline)
    EXECUTE FUNCTION task_changes_stage();
CREATE TRIGGER tasks_change_state BEFORE UPDATE ON tasks
    FOR EACH ROW
    WHEN (current_setting('orchestra.counts_itself'::text, true) IS DISTINCT FROM 'on'::text
    OR (new.status = ANY (ARRAY['queued'::text, 'held'::text]))
    OR old.status = 'held'::text
    OR old.paused_at IS NOT NULL
    OR old.probe_of IS NOT NULL
    OR old.labels_at_claim IS NOT NULL)
    EXECUTE FUNCTION task_changes_state();
CREATE TRIGGER tasks_change_well_formed BEFORE UPDATE OF repo, agent_id, skill, quest_id, actor_id ON tasks
    FOR EACH ROW
    WHEN (new.repo IS DISTINCT FROM old.repo
    OR new.agent_id IS DISTINCT FROM old.agent_id
    OR new.skill IS DISTINCT FROM old.skill
    OR new.quest_id IS DISTINCT FROM old.quest_id
    OR new.actor_id IS DISTINCT FROM old.actor_id)
    EXECUTE FUNCTION task_is_well_formed();
CREATE TRIGGER tasks_count_changed AFTER UPDATE OF status ON tasks
    FOR EACH ROW
    WHEN (current_setting('orchestra.counts_itself'::text, true) IS DISTINCT FROM 'on'::text)
    EXECUTE FUNCTION task_is_counted();
CREATE TRIGGER tasks_count_gone AFTER DELETE ON tasks
    REFERENCING OLD TABLE AS old_tasks
    FOR EACH STATEMENT
    EXECUTE FUNCTION tasks_are_uncounted();
CREATE TRIGGER tasks_count_new AFTER INSERT ON tasks
    FOR EACH ROW
    WHEN (new.status = ANY (ARRAY['succeeded'::text, 'failed'::text, 'cancelled'::text]))
    EXECUTE FUNCTION task_is_counted();
CREATE TRIGGER tasks_count_truncated AFTER TRUNCATE ON tasks
    FOR EACH STATEMENT
    EXECUTE FUNCTION task_totals_begin_anew();
CREATE TRIGGER tasks_enter_lane BEFORE INSERT ON tasks
    FOR EACH ROW
    WHEN (new.status = 'queued'::text
    AND (new.lane_id IS NULL
    OR current_setting('orchestra.adds_itself'::text, true) IS DISTINCT FROM 'on'::text))
    EXECUTE FUNCTION task_enters_lane();
CREATE TRIGGER tasks_for_later BEFORE INSERT ON tasks
    FOR EACH ROW
    WHEN (new.repo IS NOT NULL
    AND new.next_eligible_at > now())
    EXECUTE FUNCTION task_for_later();
CREATE TRIGGER tasks_held_alert AFTER UPDATE ON tasks
    FOR EACH ROW
    WHEN (new.status = 'held'::text)
    EXECUTE FUNCTION task_held_alert();
CREATE TRIGGER tasks_labels_changed AFTER UPDATE OF agent_id, skill, quest_id, actor_id ON tasks
    FOR EACH ROW
    WHEN (new.status <> 'queued'::text
    AND (new.agent_id IS DISTINCT FROM old.agent_id
    OR new.skill IS DISTINCT FROM old.skill
    OR new.quest_id IS DISTINCT FROM old.quest_id
    OR new.actor_id IS DISTINCT FROM old.actor_id))
    EXECUTE FUNCTION task_labels_are_known();
CREATE TRIGGER tasks_labels_new AFTER INSERT ON tasks
    FOR EACH ROW
    WHEN (new.status <> 'queued'::text)
    EXECUTE FUNCTION task_labels_are_known();
CREATE TRIGGER tasks_park_of_a_run BEFORE UPDATE OF paused_at, paused_run ON tasks
    FOR EACH ROW
    WHEN (old.paused_at IS DISTINCT FROM new.paused_at
    AND new.paused_run IS NOT NULL
    AND NOT old.paused_run IS DISTINCT FROM new.paused_run)
    EXECUTE FUNCTION park_of_a_run();
CREATE TRIGGER tasks_parking_history AFTER UPDATE OF paused_at ON tasks
    FOR EACH ROW
    WHEN (old.paused_at IS DISTINCT FROM new.paused_at
    AND (new.status = ANY (ARRAY['queued'::text, 'running'::text, 'held'::text])))
    EXECUTE FUNCTION task_parking_history();
CREATE TRIGGER tasks_relabelled_in_flight BEFORE UPDATE OF agent_id, skill, quest_id, actor_id ON tasks
    FOR EACH ROW
    WHEN (old.status = 'running'::text
    AND (old.agent_id IS DISTINCT FROM new.agent_id
    OR old.skill IS DISTINCT FROM new.skill
    OR old.quest_id IS DISTINCT FROM new.quest_id
    OR old.actor_id IS DISTINCT FROM new.actor_id))
    EXECUTE FUNCTION task_keeps_labels_of_run();
CREATE TRIGGER tasks_settle_gates_changed AFTER UPDATE ON tasks
    REFERENCING OLD TABLE AS old_tasks NEW TABLE AS new_tasks
    FOR EACH STATEMENT
    WHEN (current_setting('orchestra.gates_change'::text, true) = 'on'::text)
    EXECUTE FUNCTION tasks_at_gates();
CREATE TRIGGER tasks_settle_gates_gone AFTER DELETE ON tasks
    REFERENCING OLD TABLE AS old_tasks
    FOR EACH STATEMENT
    WHEN (current_setting('orchestra.gates_change'::text, true) = 'on'::text)
    EXECUTE FUNCTION tasks_at_gates();
CREATE TRIGGER tasks_settle_gates_new AFTER INSERT ON tasks
    REFERENCING NEW TABLE AS new_tasks
    FOR EACH STATEMENT
    WHEN (current_setting('orchestra.gates_change'::text, true) = 'on'::text)
    EXECUTE FUNCTION tasks_at_gates();
CREATE TRIGGER tasks_settle_lanes_changed AFTER UPDATE ON tasks
    REFERENCING OLD TABLE AS old_tasks NEW TABLE AS new_tasks
    FOR EACH STATEMENT
    WHEN (current_setting('orchestra.lanes_change'::text, true) = 'on'::text)
    EXECUTE FUNCTION tasks_return_to_lanes();
CREATE TRIGGER tasks_settle_lanes_new AFTER INSERT ON tasks
    REFERENCING NEW TABLE AS new_tasks
    FOR EACH STATEMENT
    WHEN (current_setting('orchestra.lanes_change'::text, true) = 'on'::text)
    EXECUTE FUNCTION tasks_return_to_lanes();
CREATE TRIGGER tasks_stage_history AFTER UPDATE OF stage ON tasks
    FOR EACH ROW
    WHEN (old.stage IS DISTINCT FROM new.stage)
    EXECUTE FUNCTION task_stage_history();
CREATE TRIGGER tasks_touch_gate_gone BEFORE DELETE ON tasks
    FOR EACH ROW
    WHEN (old.repo IS NOT NULL
    AND (old.status = ANY (ARRAY['queued'::text, 'running'::text, 'held'::text])))
    EXECUTE FUNCTION task_touches_gate();
CREATE TRIGGER tasks_touch_gate_new BEFORE INSERT ON tasks
    FOR EACH ROW
    WHEN (new.repo IS NOT NULL)
    EXECUTE FUNCTION task_touches_gate();
CREATE TRIGGER tasks_touch_lines BEFORE UPDATE ON tasks
    FOR EACH ROW
    WHEN (current_setting('orchestra.counts_itself'::text, true) IS DISTINCT FROM 'on'::text
    OR old.repo IS NOT NULL
    OR new.status = 'queued'::text)
    EXECUTE FUNCTION task_moves();
CREATE TRIGGER tasks_truncated AFTER TRUNCATE ON tasks FOR EACH STATEMENT EXECUTE FUNCTION tasks_are_gone();

create table turn_gates (
  id text not null,
  token_id bigint not null,
  reported_by text not null,
  name text not null,
  kind text not null,
  host text,
  keeps_copy boolean not null,
  stops_when_unknown boolean not null,
  began_at timestamp with time zone default now() not null,
  seen_at timestamp with time zone default now() not null,
  left_at timestamp with time zone,
  known_pauses bigint[],
  constraint turn_gates_pkey PRIMARY KEY (id)
);

create table worker_sightings (
  worker text not null,
  wants text not null,
  host text,
  agents text[],
  skills text[],
  seen_at timestamp with time zone default now() not null,
  constraint worker_sightings_pkey PRIMARY KEY (worker, wants),
  constraint worker_sightings_instants CHECK (is_instant(seen_at))
);

create view active_pauses as
 SELECT id,
    scope_kind,
    scope_value,
    paused_at,
    paused_by,
    reason,
    ttl_seconds,
    source,
    quiet_at,
    cleared_at,
    cleared_by,
        CASE
            WHEN ends_as = 'resume'::text THEN paused_at + make_interval(secs => ttl_seconds::double precision)
            ELSE NULL::timestamp with time zone
        END AS ends_at,
    ends_as,
    stayed_at,
    probing_at,
    probe_task_id,
    warned_at,
    also
   FROM senate_pause p
  WHERE cleared_at IS NULL AND (ttl_seconds IS NULL OR ends_as <> 'resume'::text OR (paused_at + make_interval(secs => ttl_seconds::double precision)) > now());

create view task_events as
 SELECT e.id,
    e.task_id,
    e.run_id,
    e.kind,
    e.at,
    e.by,
    e.data
   FROM task_event_rows e
UNION ALL
 SELECT v.id,
    v.task_id,
    v.run_id,
    v.kind,
    v.at,
    v.by,
    v.data
   FROM event_batches b
     CROSS JOIN LATERAL events_of_batch(b.*) v(id, task_id, run_id, kind, at, by, data);

CREATE OR REPLACE FUNCTION acting_person()
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(nullif(current_setting('orchestra.who', true), ''), current_user::text)
$function$;

CREATE OR REPLACE FUNCTION advance_horizon()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  now_at record;
  earlier horizon_look;
  writing text[];
begin
  select * into earlier from horizon_look h for update;
  select coalesce(pg_sequence_last_value(pg_get_serial_sequence('tasks', 'id')::regclass), 0) as last_id, h.resets, h.looked_to,
         concat_ws(' ', extract(epoch from pg_postmaster_start_time()), 'tasks'::regclass::oid) as of
    into now_at
    from task_horizon h;
  if now_at is null then
    raise exception 'task_horizon has no row; put it back: insert into task_horizon (id) values (0)';
  end if;
  -- INSERT and COPY take this lock, whatever stronger one their transaction also has. Vacuum and the like take others.
  writing := array(
    select distinct l.virtualtransaction
      from pg_locks l
     where l.locktype = 'relation' and l.granted and l.relation = 'tasks'::regclass and l.mode = 'RowExclusiveLock'
       and l.database = (select d.oid from pg_database d where d.datname = current_database()));

  if now_at.last_id < now_at.looked_to then
    -- The sequence went back. Tasks that come below a head, or the horizon, would lock their lane until they are
    -- committed.
    update task_horizon h
       set id = least(h.id, now_at.last_id), looked_to = now_at.last_id, resets = h.resets + 1
     where h.looked_to > now_at.last_id;
    with lanes as materialized (
      select l.id from task_lanes l where l.head > now_at.last_id + 1 order by l.id for no key update of l skip locked
    )
    update task_lanes l set head = now_at.last_id + 1, returns = l.returns + 1 from lanes n where l.id = n.id;
    update horizon_look set last_id = null, writers = null;
    return;
  end if;

  -- Not after a truncate, or when the sequence went back; not at another server, or one that was restarted; and not
  -- when a prepared transaction is there that has outlived a crash: its name has another form since (see isStillTrue).
  if earlier.last_id <= now_at.last_id and earlier.of = now_at.of and earlier.resets = now_at.resets
     and not exists (select from unnest(writing) w where w like '-1/%' and w <> all (earlier.writers)) then
    if earlier.writers && writing then
      return;
    end if;
    update task_horizon h set id = greatest(h.id, earlier.last_id) where h.resets = now_at.resets and h.id < earlier.last_id;
  end if;
  -- `looked_to` as it was committed before the writers were read.
  update horizon_look set last_id = now_at.looked_to, of = now_at.of, resets = now_at.resets, writers = writing;
  update task_horizon h set looked_to = now_at.last_id where h.looked_to < now_at.last_id;
end $function$;

CREATE OR REPLACE FUNCTION api_token_is_well_formed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.expires_at = 'infinity' then new.expires_at := null; end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION ask_question(of_task bigint, run uuid, asks text, parks_in text[], new_cursor jsonb)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  becomes text;
begin
  with asked as (
    update tasks t
       set status = case when p.parks then 'queued' else 'held' end,
           attempt = greatest(t.attempt - 1, 0), next_eligible_at = now(), deferred_by = null,
           questions = asks, asked_at = now(), answer = null, answered_at = null, answered_by = null,
           cursor = coalesce(nullif(new_cursor, 'null'), t.cursor),
           paused_at = case when p.parks then coalesce(t.paused_at, now()) else t.paused_at end,
           paused_by = case when p.parks and t.paused_at is null then t.worker_id else t.paused_by end,
           pause_reason = case when p.parks and t.paused_at is null then 'asks a question' else t.pause_reason end,
           run_id = null, pid = null, started_at = null, heartbeat_at = null,
           boot_id = null, pid_namespace = null, process_started = null, prefetched = false
      from (select parks_in is null or coalesce(q.repo = any (parks_in), false) as parks from tasks q where q.id = of_task) p
     where t.id = of_task and t.run_id = run and t.status = 'running'
    returning t.id, t.status, t.worker_id
  ), event as (
    insert into task_event_rows (task_id, run_id, kind, by, data)
    select a.id, run, 'asked', coalesce(a.worker_id, acting_person()), jsonb_build_object('status', a.status, 'questions', asks)
      from asked a
  )
  select a.status into becomes from asked a;
  -- A repeated call answers what the first one did.
  return coalesce(becomes, (
    select e.data ->> 'status' from events_of_task(of_task) e where e.run_id = run and e.kind = 'asked'));
end $function$;

CREATE OR REPLACE FUNCTION beat_runs(beats jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  alive json;
  stopped uuid[];
begin
  with given as materialized (
    select g.n::int as n, (g.item ->> 'id')::bigint as id, (g.item ->> 'run_id')::uuid as run_id,
           g.item ->> 'output' as output, (g.item ->> 'printed')::bigint as printed
      from jsonb_array_elements(beats) with ordinality as g(item, n)
  ), locked as materialized (
    -- by id, as everything that changes several tasks (docs/locking.md)
    select t.id
      from tasks t
     where t.id = any (array(select x.id from given x))
       and coalesce(t.status, '') = 'running'
       and (select count(*) from given) > 1
     order by t.id
       for no key update of t
  ), beat as (
    update tasks t
       set heartbeat_at = clock_timestamp()
      from given g
     where t.id = g.id
       and t.id = any (array(select x.id from given x))
       and t.run_id = g.run_id and t.status = 'running'
       and (select count(*) from locked) >= 0
    returning g.n, t.id, t.run_id, g.output, g.printed
  ), kept as (
    -- Not more often than once a second for one run, but where the sender counts: it sends each piece once.
    insert into task_output as o (task_id, run_id, tail, at, printed)
    select b.id, b.run_id, b.output, clock_timestamp(), b.printed
      from beat b
     where b.output is not null
     order by b.id
        on conflict (task_id) do update
       set run_id = excluded.run_id, tail = excluded.tail, at = excluded.at, printed = excluded.printed
     where o.run_id <> excluded.run_id or o.at < excluded.at - interval '1 second' or excluded.printed is not null
  )
  select json_agg(json_build_object('n', b.n, 'stop', o.told)), array_agg(b.run_id) filter (where o.told is not null)
    into alive, stopped
    from beat b
    left join lateral (
         select json_build_object('reason', s.reason, 'by', s.asked_by, 'fence_at', s.fence_at) as told
           from run_stops s
          where s.run_id = b.run_id and s.ended_at is null) o on true;

  if stopped is not null then
    -- for the receipt of the order
    update run_stops s set told_at = clock_timestamp() where s.run_id = any (stopped) and s.told_at is null and s.ended_at is null;
  end if;
  return coalesce(alive, '[]');
end $function$;

CREATE OR REPLACE FUNCTION begin_work()
 RETURNS queue_settings
 LANGUAGE plpgsql
AS $function$
declare
  settings queue_settings;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    -- The claim's snapshot would be older than its lock (P2).
    raise invalid_transaction_state using
      message = 'a worker has to work in READ COMMITTED transactions',
      hint = 'set default_transaction_isolation = ''read committed'', or begin without an isolation level';
  end if;
  if concat(current_setting('orchestra.who', true), current_setting('orchestra.why', true), current_setting('orchestra.bell', true),
            current_setting('orchestra.counts_itself', true), current_setting('orchestra.gates_change', true),
            current_setting('orchestra.lanes_change', true), current_setting('orchestra.one_gate', true)) not in ('', 'off') then
    perform set_config(s.name, '', true)
       from unnest(array['orchestra.who', 'orchestra.why', 'orchestra.bell', 'orchestra.counts_itself', 'orchestra.gates_change',
                         'orchestra.lanes_change', 'orchestra.one_gate']) as s(name);
  end if;
  select * into settings from queue_settings;
  if not found then
    raise exception using errcode = '55000', message = 'queue_settings has no row',
      hint = 'worker-claimer writes it when it starts';
  end if;
  return settings;
end $function$;

CREATE OR REPLACE FUNCTION cluster_id()
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
begin
  return (select c.system_identifier::text from pg_control_system() c);
exception when insufficient_privilege or undefined_function then
  return null;
end $function$;

CREATE OR REPLACE FUNCTION count_at_gate(wanted text, task tasks, waits boolean, waits_before integer, waits_now integer, progress_before integer, progress_now integer, between_before integer, between_now integer)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  gate repo_gates := lock_gate(wanted);
  has_begun constant boolean := task.stage_since is not null;
  some_have_begun constant boolean := gate.between_stages > 0 or between_now > 0;
begin
  if gate.head_id = task.id then
    gate.head_id := null;
    -- Statements of their own: they see what those did who held the gate before. Of a statement that changes many tasks they see all, while
    -- the counts come row by row: so the first look may find nothing.
    if some_have_begun then
      select t.id, t.priority, t.agent_id, t.skill, t.quest_id, t.actor_id, true
        into gate.head_id, gate.head_priority, gate.agent_id, gate.skill, gate.quest_id, gate.actor_id, gate.head_has_begun
        from tasks t
       where t.repo = wanted and t.status = 'queued' and t.paused_at is null and t.in_line and t.stage_since is not null
       order by t.priority, t.id limit 1;
    end if;
    if gate.head_id is null then
      select t.id, t.priority, t.agent_id, t.skill, t.quest_id, t.actor_id, t.stage_since is not null
        into gate.head_id, gate.head_priority, gate.agent_id, gate.skill, gate.quest_id, gate.actor_id, gate.head_has_begun
        from tasks t
       where t.repo = wanted and t.status = 'queued' and t.paused_at is null and t.in_line
       order by t.priority, t.id limit 1;
    end if;
  elsif waits and (gate.head_id is null or (has_begun and not gate.head_has_begun)
                   or (has_begun = gate.head_has_begun and (task.priority, task.id) < (gate.head_priority, gate.head_id))) then
    gate.head_id := task.id; gate.head_priority := task.priority; gate.head_has_begun := has_begun;
    gate.agent_id := task.agent_id; gate.skill := task.skill; gate.quest_id := task.quest_id; gate.actor_id := task.actor_id;
  end if;
  update repo_gates g
     set in_progress = g.in_progress + progress_now - progress_before, waiting = g.waiting + waits_now - waits_before,
         between_stages = g.between_stages + between_now - between_before,
         head_id = gate.head_id, head_priority = gate.head_priority, head_has_begun = coalesce(gate.head_has_begun, false),
         agent_id = gate.agent_id, skill = gate.skill, quest_id = gate.quest_id, actor_id = gate.actor_id
   where g.repo = wanted;
end $function$;

CREATE OR REPLACE FUNCTION drop_empty_lanes()
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  empty_lanes bigint[];
  dropped int;
begin
  empty_lanes := array(
    select l.id
      from task_lanes l
     where not exists (select from tasks t where t.lane_id = l.id and t.status = 'queued')
     order by l.id
     limit 1000
       for update of l skip locked);
  if empty_lanes = '{}' then
    return 0;
  end if;
  -- A statement of its own, for the snapshot: what committed before the locks were taken is seen now.
  with dropped as (
    delete from task_lanes l
     where l.id = any (empty_lanes) and not exists (select from tasks t where t.lane_id = l.id and t.status = 'queued')
    returning l.agent_id, l.skill, l.quest_id, l.actor_id
  ), noted as (
    insert into known_labels as k (kind, value, folded)
    select distinct c.kind, c.value, label_folded(c.value)
      from dropped d
     cross join lateral (values ('agent', d.agent_id), ('skill', d.skill), ('quest', d.quest_id), ('actor', d.actor_id)) as c(kind, value)
     where c.value is not null
     -- in one order, so that two who note the same ones do not wait for each other
     order by c.kind, c.value
        on conflict (kind, value) do update set seen_on = excluded.seen_on where k.seen_on < excluded.seen_on
  )
  select count(*)::int into dropped from dropped d;
  return dropped;
end $function$;

CREATE OR REPLACE FUNCTION end_staged_runs(endings jsonb, rules jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  retry_delays constant int[] := array(select jsonb_array_elements_text(rules -> 'retry_delays')::int);
  -- of which a random half is taken off
  transient_delays constant int[] := array(select jsonb_array_elements_text(rules -> 'transient_delays')::int);
  transient_retries constant int := (rules ->> 'transient_retries')::int;
  transitions constant jsonb := rules -> 'transitions';
  ended json;
begin
  with given_ids as materialized (
    select (g.item ->> 'id')::bigint as id from jsonb_array_elements(endings) as g(item)
  ), locked as materialized (
    select t.id, t.repo, t.priority, t.agent_id, t.skill, t.quest_id, t.actor_id, t.pipeline, t.stage, t.attempt, t.max_attempts, t.transient_failures
      from tasks t
     where t.id = any (array(select x.id from given_ids x))
       and coalesce(t.status, '') = 'running'
     order by t.id
       for no key update of t
  ), brought as materialized (
    select g.n::int as n,
           (g.item ->> 'run_id')::uuid as run_id,
           g.item ->> 'as' as kind,
           nullif(g.item -> 'result', 'null') as result,
           nullif(g.item -> 'cursor', 'null') as cursor,
           g.item ->> 'error' as error,
           g.item ->> 'cause' as cause,
           jsonb_build_object('says', g.item ->> 'says', 'fix', g.item ->> 'fix', 'evidence', nullif(g.item -> 'evidence', 'null')) as evidence,
           coalesce((g.item ->> 'retry')::boolean, true) and t.attempt < t.max_attempts as attempts_left,
           t.id, t.repo, t.priority, t.agent_id, t.skill, t.quest_id, t.actor_id, t.pipeline, t.stage, t.transient_failures,
           transitions -> t.pipeline -> t.stage as step
      from jsonb_array_elements(endings) with ordinality as g(item, n)
      join locked t on t.id = (g.item ->> 'id')::bigint
  ), judged as materialized (
    select b.*,
           case b.kind
             when 'completed' then case when b.pipeline is null or b.step -> 'pass' ->> 'stage' = 'done' then 'succeeded' when b.step is null then 'held' else 'queued' end
             when 'failed' then case when not b.attempts_left then 'failed' when b.pipeline is not null and b.step is null then 'held' else 'queued' end
             when 'held' then 'held'
             when 'retried' then case when b.transient_failures < transient_retries then 'queued' else 'held' end
             else 'queued' end as becomes,
           case when b.kind = 'completed' then b.step -> 'pass'
                when b.kind = 'failed' and b.attempts_left then b.step -> 'fail' end as goes_to
      from brought b
  ), made as materialized (
    select count(lane_for(k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id)) as lanes
      from (select distinct r.priority, r.repo, r.agent_id, r.skill, r.quest_id, r.actor_id,
                   lane_key(r.priority, r.repo, r.agent_id, r.skill, r.quest_id, r.actor_id) as key
              from (select j.priority, j.repo, j.agent_id,
                           case when j.goes_to ->> 'stage' <> j.stage then coalesce(j.goes_to ->> 'skill', j.skill) else j.skill end as skill,
                           j.quest_id, j.actor_id
                      from judged j
                     where j.becomes = 'queued') r
             order by key) k
  ), given as materialized (
    select j.n, j.run_id, j.kind, j.result, j.cursor, j.error, j.cause, j.id, j.becomes, j.goes_to ->> 'stage' as stage, j.goes_to ->> 'skill' as skill,
           coalesce(j.goes_to ->> 'stage' <> j.stage, false) as moves,
           case when j.becomes <> 'held' then null
                when j.kind in ('held', 'retried') then j.evidence || jsonb_build_object('retries', j.transient_failures)
                else jsonb_build_object(
                  'says', format('the pipeline %s has no stage %s (any more), so nobody can say where this task goes', j.pipeline, j.stage),
                  'fix', 'declare that stage again in the stages file (ORCHESTRA_STAGES) and restart worker-claimer; then let the task go on, and this stage is run once more',
                  'evidence', null, 'retries', j.transient_failures) end as evidence
      from judged j
  ), changed as (
    update tasks t
       set status = g.becomes,
           stage = case when g.moves then g.stage else t.stage end,
           skill = case when g.moves then coalesce(g.skill, t.skill) else t.skill end,
           last_outcome = case g.kind when 'completed' then 'passed' when 'failed' then 'failed' when 'held' then 'environment' when 'retried' then 'transient'
                                      else t.last_outcome end,
           -- Each stage counts its own failed runs until it is passed. One that holds its task, or hands it back, has used none.
           attempt = case when g.moves and g.becomes = 'queued' then coalesce((t.stage_attempts ->> g.stage)::int, 0)
                          when g.becomes = 'held' or g.kind in ('released', 'retried') then greatest(t.attempt - 1, 0)
                          else t.attempt end,
           stage_attempts = case when not g.moves then t.stage_attempts
                                 when g.kind = 'completed' then nullif(t.stage_attempts - t.stage, '{}')
                                 else coalesce(t.stage_attempts, '{}') || jsonb_build_object(t.stage, t.attempt) end,
           transient_failures = case when g.kind in ('completed', 'failed') and g.becomes <> 'held' then 0
                                     when g.kind = 'retried' and g.becomes = 'queued' then t.transient_failures + 1
                                     else t.transient_failures end,
           next_eligible_at = case
             when g.becomes not in ('queued', 'failed') then t.next_eligible_at
             when g.kind = 'failed' and not g.moves then now() + make_interval(secs => retry_delays[least(t.attempt, array_length(retry_delays, 1))])
             when g.kind = 'retried' then now() + make_interval(secs => transient_delays[least(t.transient_failures + 1, array_length(transient_delays, 1))] * (0.5 + random() / 2))
             else now() end,
           result = case g.kind when 'completed' then g.result when 'failed' then coalesce(g.result, t.result) else t.result end,
           cursor = case when g.moves then null when g.kind in ('released', 'held', 'retried') then coalesce(g.cursor, t.cursor) else t.cursor end,
           held_evidence = g.evidence,
           run_id = null, pid = null, started_at = null, heartbeat_at = null,
           boot_id = null, pid_namespace = null, process_started = null, prefetched = false
      from given g
     where t.id = g.id
       and t.id = any (array(select x.id from given x))
       and t.run_id = g.run_id
       and coalesce(t.status, '') = 'running'
       and (select m.lanes from made m) >= 0
    returning g.n, g.run_id, g.kind, t.id, t.worker_id, t.status,
              case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at,
              case g.kind when 'failed' then jsonb_build_object('error', g.error, 'attempt', t.attempt, 'output', g.result)
                          when 'released' then jsonb_build_object('cause', g.cause, 'cursor', t.cursor)
                          when 'completed' then '{}'
                          else jsonb_build_object('retries', t.transient_failures) end
                || coalesce(g.evidence, '{}') as data
  ), events as (
    insert into event_batches (kind, by, task_ids, run_ids, shared, each)
    select case when c.kind = 'retried' and c.status = 'held' then 'held' else c.kind end, coalesce(c.worker_id, acting_person()),
           array_agg(c.id), array_agg(c.run_id), jsonb_build_object('status', c.status, 'as', c.kind),
           jsonb_agg(c.data || jsonb_build_object('next_eligible_at', c.next_eligible_at))
      from changed c
     group by c.kind, c.status, c.worker_id
  ), counted as (
    insert into task_totals (succeeded, failed, cancelled)
    select count(*) filter (where c.status = 'succeeded'), count(*) filter (where c.status = 'failed'), 0
      from changed c
     where c.status in ('succeeded', 'failed')
    having count(*) > 0
  )
  select json_agg(json_build_object('n', c.n, 'status', c.status, 'next_eligible_at', c.next_eligible_at))
    into ended
    from changed c;
  return ended;
end $function$;

CREATE OR REPLACE FUNCTION end_stopped_run(of_task bigint, run uuid, new_cursor jsonb)
 RETURNS TABLE(status text, next_eligible_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
begin
  return query
  with found as materialized (
    select t.id, t.run_id, t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.started_at, t.attempt,
           s.next_status, s.asked_by, s.reason, s.stop_id
      from tasks t
      join run_stops s on s.run_id = t.run_id and s.ended_at is null
     where t.status = 'running' and t.id = of_task and t.run_id = run
       for no key update of t
  ), made as materialized (
    select count(lane_for(f.priority, f.repo, f.agent_id, f.skill, f.quest_id, f.actor_id)) as lanes
      from found f
     where f.next_status = 'queued'
  ), changed as (
    update tasks t
       set status = f.next_status,
           attempt = greatest(t.attempt - 1, 0),
           next_eligible_at = now(),
           cursor = coalesce(nullif(new_cursor, 'null'), t.cursor),
           run_id = null, pid = null, started_at = null, heartbeat_at = null,
           boot_id = null, pid_namespace = null, process_started = null, prefetched = false
      from found f
     where t.id = f.id and t.run_id = f.run_id and (select m.lanes from made m) >= 0
    returning t.id, f.run_id, t.worker_id, t.host, f.attempt, f.asked_by, f.reason, f.stop_id, t.status,
              case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at
  ), events as (
    insert into task_event_rows (task_id, run_id, kind, by, data)
    select c.id, c.run_id, 'stopped', c.asked_by,
           jsonb_build_object('why', c.reason, 'how', 'obeyed', 'worker', c.worker_id, 'host', c.host,
                              'attempt', c.attempt, 'stop', c.stop_id::text, 'status', c.status,
                              'next_eligible_at', c.next_eligible_at)
      from changed c
    returning task_id
  ), cancelled as (
    -- as by `task cancel`; retention finds it by this
    insert into event_batches (kind, by, task_ids, shared)
    select 'cancelled', c.asked_by, array[c.id],
           jsonb_build_object('why', c.reason, 'was', 'running', 'status', 'cancelled')
      from changed c
     where c.status = 'cancelled'
       -- behind the other in the history: what is asked for its rows is written first
       and (select count(*) from events) > 0
  ), noted as (
    update run_stops s
       set ended_at = clock_timestamp(), outcome = 'obeyed', told_at = coalesce(s.told_at, clock_timestamp())
      from changed c
     where s.run_id = c.run_id
  )
  select c.status, c.next_eligible_at from changed c;
  if found then
    return;
  end if;
  return query
  select e.data ->> 'status', (e.data ->> 'next_eligible_at')::timestamptz
    from events_of_task(of_task) e
   where e.run_id = run and e.kind = 'stopped'
   order by e.id desc
   limit 1;
end $function$;

CREATE OR REPLACE FUNCTION ends_since(since timestamp with time zone)
 RETURNS SETOF task_events
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select e.id, e.task_id, e.run_id, e.kind, e.at, e.by, e.data from task_event_rows e
   where e.kind in ('completed', 'failed', 'released', 'reaped') and e.at > since
   union all
  select v.id, v.task_id, v.run_id, v.kind, v.at, v.by, v.data from event_batches b cross join lateral events_of_batch(b) v
   where b.kind in ('completed', 'failed', 'released', 'reaped') and b.at > since $function$;

CREATE OR REPLACE FUNCTION events_of_batch(b event_batches)
 RETURNS TABLE(id bigint, task_id bigint, run_id uuid, kind text, at timestamp with time zone, by text, data jsonb)
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select b.id + u.n - 1, u.task_id, b.run_ids[u.n], b.kind, b.at, b.by,
         b.shared || coalesce(b.each -> (u.n - 1)::int, '{}')
         || case when b.attempts is null then '{}' else jsonb_build_object(
              'attempt', b.attempts[u.n],
              'labels', jsonb_strip_nulls(jsonb_build_object(
                'agent_id', b.agent_ids[u.n], 'skill', b.skills[u.n],
                'quest_id', b.quest_ids[u.n], 'actor_id', b.actor_ids[u.n]))) end
    from unnest(b.task_ids) with ordinality as u(task_id, n)
   where u.task_id > 0 $function$;

CREATE OR REPLACE FUNCTION events_of_task(of_task bigint)
 RETURNS SETOF task_events
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select e.id, e.task_id, e.run_id, e.kind, e.at, e.by, e.data from task_event_rows e where e.task_id = of_task
   union all
  select v.id, v.task_id, v.run_id, v.kind, v.at, v.by, v.data
    from event_batches b
   cross join lateral events_of_batch(b) v
   where b.task_ids @> array[of_task] and v.task_id = of_task $function$;

CREATE OR REPLACE FUNCTION find_at_gates(for_agents text[], for_skills text[], wanted integer, gated_repos text[], kept jsonb, clock timestamp with time zone, end_priority smallint, end_place bigint, OUT picked bigint[], OUT seen text, OUT admitted_under bigint)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
begin
  with paused as materialized (
    select p.id, p.scope_kind, p.scope_value, p.also, p.probing_at, p.probe_task_id
      from active_pauses p
     where not exists (select from claim_marker)
  ), keys as materialized (
    select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null), '{}') as scopes,
           jsonb_agg(p.also || jsonb_build_object(p.scope_kind, p.scope_value))
             filter (where p.also is not null) as pairs
      from paused p
  ), probed as materialized (
    select t.id
      from tasks t
     where t.probe_of > 0
       and coalesce(t.status, '') = 'queued'
       and coalesce((
             select bool_or(p.id = t.probe_of and p.probe_task_id = t.id)
                    and not bool_or(
                      p.id <> t.probe_of
                      and p.probing_at is null
                      and pause_covers(
                        p.scope_kind, p.scope_value, p.also, t.agent_id, t.skill, t.quest_id, t.actor_id))
               from paused p), false)
  ), taken as materialized (
    select h.id
      from repo_gates g
      join tasks h on h.id = g.head_id
     where g.head_id is not null
       and g.frozen_at is null
       and g.in_progress < g.max_in_progress
       and is_gated(g.repo, gated_repos)
       -- the same of the gate's copy of its labels: without it, each gate with a paused head would cost a look at its
       -- task
       and (not pauses_cover(
             (select k.scopes from keys k), (select k.pairs from keys k), g.agent_id, g.skill, g.quest_id, g.actor_id)
            or g.head_id = any (array(select p.id from probed p)))
       and is_wanted(g.agent_id, g.skill, g.quest_id, g.actor_id, g.repo, for_agents, for_skills, kept)
       and h.status = 'queued'
       and may_start(h.paused_at, h.next_eligible_at, h.deferred_by, clock)
       and (not pauses_cover(
             (select k.scopes from keys k), (select k.pairs from keys k), h.agent_id, h.skill, h.quest_id, h.actor_id)
            or h.probe_of is not null and h.id = any (array(select p.id from probed p)))
       and is_wanted(h.agent_id, h.skill, h.quest_id, h.actor_id, h.repo, for_agents, for_skills, kept)
       and (end_place is null
            or (h.priority, h.place) <= (end_priority, end_place)
            or h.id = any (array(select p.id from probed p)))
     order by g.head_priority, g.head_id
     limit wanted
       for no key update of g skip locked
       for update of h skip locked
  )
  select array_agg(x.id), pg_current_snapshot()::text, (select max(e.id) from senate_events e where e.type like 'pause.%')
    into picked, seen, admitted_under
    from taken x;
end $function$;

CREATE OR REPLACE FUNCTION find_by_lanes(for_agents text[], for_skills text[], wanted integer, gated_repos text[], kept jsonb, lanes integer, clock timestamp with time zone, OUT picked bigint[], OUT end_priority smallint, OUT end_place bigint, OUT cut_short boolean, OUT ungated_repos text[], OUT seen text, OUT admitted_under bigint)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  -- Candidates for each task wanted: this number of claims at a time find tasks that no other has locked. Who looks at
  -- more lanes also looks deeper into each of them.
  choice constant bigint := greatest(10, lanes::bigint * 10 / 32);
begin
  with paused as materialized (
    select p.scope_kind, p.scope_value, p.also
      from active_pauses p
     where not exists (select from claim_marker)
  ), keys as materialized (
    -- one jsonb object: about its content the planner guesses nothing; for an array it would sort the whole queue
    select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null), '{}') as scopes,
           jsonb_agg(p.also || jsonb_build_object(p.scope_kind, p.scope_value))
             filter (where p.also is not null) as pairs
      from paused p
  ), nearest as materialized (
    -- the lanes that it may take from, nearest head first, but those whose tasks pass the serial gate
    select l.id, l.priority, l.head
      from task_lanes l
     where not is_gated(l.repo, gated_repos)
       and not pauses_cover(
             (select k.scopes from keys k), (select k.pairs from keys k), l.agent_id, l.skill, l.quest_id, l.actor_id)
       and is_wanted(l.agent_id, l.skill, l.quest_id, l.actor_id, l.repo, for_agents, for_skills, kept)
     order by l.priority, l.head
     limit lanes + 1
  ), left_out as materialized (
    -- A head is a lower bound: what stands before the head of the first lane left out is in its right order. What
    -- stands behind may not be, and is left for the next look.
    select n.priority, n.head from nearest n order by n.priority, n.head offset lanes
  ), near as materialized (
    select n.id, n.priority, n.head,
           coalesce(
             (select case when o.priority = n.priority then o.head end from left_out o), 9223372036854775807) as upto,
           -- of few lanes many tasks each, of many lanes few
           (select greatest(wanted, wanted * choice / count(*)) from nearest) as depth
      from nearest n
     order by n.priority, n.head
     limit lanes
  ), candidates as materialized (
    select c.lies_at, c.priority, c.place, n.id as lane_id, n.depth
      from near n
     cross join lateral (
           select t.ctid as lies_at, t.priority, t.place
             from tasks t
            where t.lane_id = n.id
              and t.status = 'queued'
              and t.place >= n.head
              and t.place < n.upto
              and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
            order by t.place
            limit n.depth) c
  ), taken as materialized (
    -- Of each candidate the newest version is locked and looked at once more.
    select t.id, c.priority, c.place, t.repo
      from (select c.lies_at, c.priority, c.place
              from candidates c
             order by c.priority, c.place
             limit wanted * choice) c
      join tasks t on t.ctid = c.lies_at
     where t.status = 'queued'
       and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
       and not pauses_cover(
             (select k.scopes from keys k), (select k.pairs from keys k), t.agent_id, t.skill, t.quest_id, t.actor_id)
       and is_wanted(t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, for_agents, for_skills, kept)
     order by c.priority, c.place
     limit wanted
       for update of t skip locked
  )
  select array_agg(x.id order by x.priority, x.place),
         (select o.priority from left_out o),
         (select o.head from left_out o),
         (select count(*) from candidates) >= wanted * choice
           or exists (select from candidates c group by c.lane_id, c.depth having count(*) >= c.depth),
         array_agg(distinct x.repo collate "C") filter (where x.repo is not null),
         pg_current_snapshot()::text,
         (select max(e.id) from senate_events e where e.type like 'pause.%')
    into picked, end_priority, end_place, cut_short, ungated_repos, seen, admitted_under
    from taken x;
end $function$;

CREATE OR REPLACE FUNCTION find_free_probes(for_agents text[], for_skills text[], wanted integer, gated_repos text[], kept jsonb, clock timestamp with time zone, OUT picked bigint[], OUT ungated_repos text[], OUT seen text, OUT admitted_under bigint)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
begin
  with paused as materialized (
    select p.id, p.scope_kind, p.scope_value, p.also, p.probing_at, p.probe_task_id
      from active_pauses p
     where not exists (select from claim_marker)
  ), probed as materialized (
    -- Found by an index that holds one entry for each pause that probes: the status is asked for in a way that offers
    -- no other. The pauses are looked through for each of those tasks, and not the other way round: hence an aggregate,
    -- which is never made into a join.
    select t.ctid as lies_at, t.priority, t.place
      from tasks t
     where t.probe_of > 0
       and coalesce(t.status, '') = 'queued'
       and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
       and is_wanted(t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, for_agents, for_skills, kept)
       and not is_gated(t.repo, gated_repos)
       and coalesce((
             select bool_or(p.id = t.probe_of and p.probe_task_id = t.id)
                    and not bool_or(
                      p.id <> t.probe_of
                      and p.probing_at is null
                      and pause_covers(
                        p.scope_kind, p.scope_value, p.also, t.agent_id, t.skill, t.quest_id, t.actor_id))
               from paused p), false)
  ), taken as materialized (
    -- The few candidates are found first: asked for in their order, they would be looked for along the queue.
    select t.id, t.repo
      from probed c
      join tasks t on t.ctid = c.lies_at
     where t.probe_of is not null
       and t.status = 'queued'
       and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
       and not is_gated(t.repo, gated_repos)
     order by c.priority, c.place
     limit wanted
       for update of t skip locked
  )
  select array_agg(x.id),
         array_agg(distinct x.repo collate "C") filter (where x.repo is not null),
         pg_current_snapshot()::text,
         (select max(e.id) from senate_events e where e.type like 'pause.%')
    into picked, ungated_repos, seen, admitted_under
    from taken x;
end $function$;

CREATE OR REPLACE FUNCTION forget_events(of_tasks bigint[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
declare
  forgotten bigint;
  more bigint;
begin
  if not has_table_privilege(session_user, 'task_events', 'delete') then
    raise insufficient_privilege using message = 'permission denied for view task_events';
  end if;

  delete from task_event_rows e where e.task_id = any (of_tasks);
  get diagnostics forgotten = row_count;

  with left_over as materialized (
    select b.id, count(*) filter (where u.goes) as forgotten,
           array_agg(case when u.goes then 0 else u.task_id end order by u.n) as task_ids,
           case when b.each is not null then jsonb_agg(
             case when u.goes then 'null' else b.each -> (u.n - 1)::int end order by u.n) end as each,
           array_agg(case when not u.goes then b.agent_ids[u.n] end order by u.n) as agent_ids,
           array_agg(case when not u.goes then b.skills[u.n] end order by u.n) as skills,
           array_agg(case when not u.goes then b.quest_ids[u.n] end order by u.n) as quest_ids,
           array_agg(case when not u.goes then b.actor_ids[u.n] end order by u.n) as actor_ids
      from event_batches b
     cross join lateral (
           select i.task_id, i.n, i.task_id = any (of_tasks) as goes
             from unnest(b.task_ids) with ordinality as i(task_id, n)) u
     where b.task_ids && of_tasks
     group by b.id
  ), emptied as (
    delete from event_batches b using left_over l where b.id = l.id and 0 = all (l.task_ids)
  ), shortened as (
    update event_batches b
       set task_ids = l.task_ids, each = l.each,
           agent_ids = l.agent_ids, skills = l.skills, quest_ids = l.quest_ids, actor_ids = l.actor_ids
      from left_over l
     where b.id = l.id and not 0 = all (l.task_ids)
  )
  select coalesce(sum(l.forgotten), 0) into more from left_over l;
  return forgotten + more;
end $function$;

CREATE OR REPLACE FUNCTION is_gated(repo text, gated_repos text[])
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select repo is not null
     and (gated_repos is null or repo = any (gated_repos)) $function$;

CREATE OR REPLACE FUNCTION is_instant(value timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((value IS NULL) OR ((value >= '1970-01-01 00:00:00+00'::timestamp with time zone) AND (value < '10000-01-01 00:00:00+00'::timestamp with time zone)));

CREATE OR REPLACE FUNCTION is_kept(skill text, repo text, kept jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select kept -> skill = 'true'
      or kept -> skill ? repo $function$;

CREATE OR REPLACE FUNCTION is_plain_to_add(item jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
begin
  return item ->> 'repo' is null
     and labels_are_plain(null, item ->> 'agent_id', item ->> 'skill', item ->> 'quest_id', item ->> 'actor_id')
     and coalesce(jsonb_typeof(item -> 'payload') = 'object', false)
     and is_instant((item ->> 'not_before')::timestamptz);
end $function$;

CREATE OR REPLACE FUNCTION is_run_of(owner text, run uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select substr(run::text, 15, 1) = '8'
         and right(replace(run::text, '-', ''), 15)
             = left(encode(sha256(convert_to(owner || ' ' || left(replace(run::text, '-', ''), 17), 'UTF8')), 'hex'), 15) $function$;

CREATE OR REPLACE FUNCTION is_wanted(agent_id text, skill text, quest_id text, actor_id text, repo text, agents text[], skills text[], kept jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select (agents is null or agent_id = any (agents))
     and case when is_kept(skill, repo, kept) then 'runner:' || skill = any (skills)
              else skills is null or skill = any (skills) end
     and (kept -> '' -> 'quests' is null or coalesce(kept -> '' -> 'quests' ? quest_id, false))
     and (kept -> '' -> 'actors' is null or coalesce(kept -> '' -> 'actors' ? actor_id, false)) $function$;

CREATE OR REPLACE FUNCTION job_is_paused(carried text[], paused text[])
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  key text;
begin
  if paused is null then
    return false;
  end if;
  if carried && paused or 'fleet *' = any (paused) then
    return true;
  end if;
  if 'pairs' = any (paused) then
    foreach key in array paused loop
      if key like 'all [%' and array(select jsonb_array_elements_text(substr(key, 5)::jsonb)) <@ carried then
        return true;
      end if;
    end loop;
  end if;
  return false;
end $function$;

CREATE OR REPLACE FUNCTION known_cluster_id()
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  known text := nullif(current_setting('orchestra.cluster', true), '');
begin
  if known is null then
    known := cluster_id();
    perform set_config('orchestra.cluster', coalesce(known, ''), false);
  end if;
  return known;
end $function$;

CREATE OR REPLACE FUNCTION label_folded(value text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN lower(translate(value, '  -_./:@'::text, ''::text));

CREATE OR REPLACE FUNCTION label_nfc(value text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((value ~ '^[ -~]*$'::text) OR (getdatabaseencoding() <> 'UTF8'::name)) THEN value ELSE NORMALIZE(value, NFC) END;

CREATE OR REPLACE FUNCTION label_problem(value text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((value ~ '^[!-~]([ -~]*[!-~])?$'::text) AND (length(value) <= 200)) THEN NULL::text WHEN (value = ''::text) THEN 'must not be empty'::text WHEN (length(value) > 200) THEN 'must be at most 200 characters'::text WHEN (value ~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029]'::text) THEN 'must hold printable characters only'::text WHEN (value ~ '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]'::text) THEN 'must not hold invisible characters'::text WHEN ((value ~ '^[\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]'::text) OR (value ~ '[\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]$'::text)) THEN 'must not be blank or begin or end with a blank'::text ELSE NULL::text END;

CREATE OR REPLACE FUNCTION labels_are_plain(repo text, agent_id text, skill text, quest_id text, actor_id text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((((((((((COALESCE(repo, '-'::text) || '
'::text) || COALESCE(agent_id, '-'::text)) || '
'::text) || COALESCE(skill, '-'::text)) || '
'::text) || COALESCE(quest_id, '-'::text)) || '
'::text) || COALESCE(actor_id, '-'::text)) ~ '^([!-~]([ -~]*[!-~])?(\n|$)){5}$'::text) AND COALESCE((GREATEST(length(repo), length(agent_id), length(skill), length(quest_id), length(actor_id)) <= 200), true));

CREATE OR REPLACE FUNCTION labels_match(labels jsonb, agent_id text, skill text, quest_id text, actor_id text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select coalesce(labels ->> 'agent' = agent_id, (labels ? 'agent') is not true)
     and coalesce(labels ->> 'skill' = skill, (labels ? 'skill') is not true)
     and coalesce(labels ->> 'quest' = quest_id, (labels ? 'quest') is not true)
     and coalesce(labels ->> 'actor' = actor_id, (labels ? 'actor') is not true) $function$;

CREATE OR REPLACE FUNCTION lane_for(priority smallint, repo text, agent_id text, skill text, quest_id text, actor_id text)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  wanted_key constant bytea := lane_key(priority, repo, agent_id, skill, quest_id, actor_id);
  lane bigint;
begin
  for round in 1..100 loop
    select l.id into lane from task_lanes l where l.key = wanted_key for key share;
    if found then return lane; end if;
    insert into task_lanes (key, priority, repo, agent_id, skill, quest_id, actor_id, head)
    select wanted_key, lane_for.priority, lane_for.repo, lane_for.agent_id, lane_for.skill, lane_for.quest_id, lane_for.actor_id, h.id + 1 from task_horizon h
    on conflict (key) do nothing;
  end loop;
  raise exception 'a lane was dropped % times while it was wanted', 100;
end $function$;

CREATE OR REPLACE FUNCTION lane_key(priority smallint, repo text, agent_id text, skill text, quest_id text, actor_id text)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN sha256(convert_to((jsonb_build_array(priority, repo, agent_id, skill, quest_id, actor_id))::text, 'UTF8'::name));

CREATE OR REPLACE FUNCTION lane_to_enter(entering tasks, returns boolean)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  wanted_key constant bytea := lane_key(
    entering.priority, entering.repo, entering.agent_id, entering.skill, entering.quest_id, entering.actor_id);
  lane record;
begin
  for round in 1..100 loop
    select l.id, l.head into lane from task_lanes l where l.key = wanted_key for key share;
    if found then
      -- A new task stands behind the horizon and every head, but where an id was drawn long ago, or given again.
      if returns or lane.head > entering.id or entering.id <= (select greatest(h.id, h.looked_to) from task_horizon h) then
        perform set_config('orchestra.lanes_change', 'on', true);
      end if;
      return lane.id;
    end if;
    -- Past the horizon nothing can stand in a lane that is not there.
    insert into task_lanes (key, priority, repo, agent_id, skill, quest_id, actor_id, head)
    select wanted_key, entering.priority, entering.repo,
           entering.agent_id, entering.skill, entering.quest_id, entering.actor_id, least(entering.id, h.id + 1)
      from task_horizon h
        on conflict (key) do nothing;
  end loop;
  raise exception 'the lane of task % was dropped % times while the task was entering it', entering.id, 100;
end $function$;

CREATE OR REPLACE FUNCTION line_up_due(waits boolean)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  clock constant timestamptz := clock_timestamp();
  lined_up int;
begin
  if waits then
    with due as materialized (
      select t.id
        from tasks t
       where t.status = 'queued' and not t.in_line and (t.next_eligible_at <= clock or t.deferred_by is not null)
       order by t.next_eligible_at
       limit 500
         for no key update of t skip locked
    )
    update tasks t set in_line = true from due d where t.id = d.id and t.id = any (array(select x.id from due x));
  else
    with due as materialized (
      select t.id, t.repo
        from tasks t
       where t.status = 'queued' and not t.in_line and (t.next_eligible_at <= clock or t.deferred_by is not null)
       order by t.next_eligible_at
       limit 500
         for no key update of t skip locked
    ), gates as materialized (
      select g.repo from repo_gates g where g.repo in (select d.repo from due d) for no key update of g skip locked
    )
    update tasks t
       set in_line = true
      from due d
     where t.id = d.id and t.id = any (array(select x.id from due x)) and exists (select from gates g where g.repo = d.repo);
  end if;
  get diagnostics lined_up = row_count;
  return lined_up;
end $function$;

CREATE OR REPLACE FUNCTION lock_gate(wanted text)
 RETURNS repo_gates
 LANGUAGE plpgsql
AS $function$
declare
  gate repo_gates;
begin
  for round in 1..100 loop
    select g.* into gate from repo_gates g where g.repo = wanted for no key update;
    if found then return gate; end if;
    insert into repo_gates (repo) values (wanted) on conflict (repo) do nothing;
  end loop;
  raise exception 'the gate of repo % cannot be made', wanted;
end $function$;

CREATE OR REPLACE FUNCTION lock_runs_to_end(endings jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  ids constant bigint[] := array(select (g.item ->> 'id')::bigint from jsonb_array_elements(endings) as g(item));
begin
  if exists (select from jsonb_array_elements(endings) as g(item) where g.item ->> 'as' in ('held', 'retried'))
     or exists (select from tasks t where t.id = any (ids) and t.pipeline is not null) then
    return true;
  end if;

  perform from tasks t
    where t.id = any (ids)
      and coalesce(t.status, '') = 'running'
    order by t.id
      for no key update;

  -- What is not done comes back into the queue, into a lane that may be missing.
  if exists (select from jsonb_array_elements(endings) as g(item) where g.item ->> 'as' <> 'completed') then
    perform lane_for(k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id)
       from (select distinct t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id,
                    lane_key(t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id) as key
               from jsonb_array_elements(endings) as g(item)
              cross join lateral (
                    -- offset 0: each is looked up by its id, whatever the planner believes about the table
                    select x.*
                      from tasks x
                     where x.id = (g.item ->> 'id')::bigint
                       and x.run_id = (g.item ->> 'run_id')::uuid
                       and coalesce(x.status, '') = 'running'
                    offset 0) t
              where g.item ->> 'as' <> 'completed'
              order by key) k;
  end if;
  return false;
end $function$;

CREATE OR REPLACE FUNCTION may_start(paused_at timestamp with time zone, next_eligible_at timestamp with time zone, deferred_by bigint, clock timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select paused_at is null
     and (next_eligible_at <= clock or deferred_by is not null) $function$;

CREATE OR REPLACE FUNCTION newest_batches(events integer, of_kinds text[], first_id bigint)
 RETURNS SETOF event_batches
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select (n.batch).*
    from (select b as batch, sum(cardinality(b.task_ids)) over (order by b.id desc) - cardinality(b.task_ids) as newer
            from event_batches b
           where b.kind = any (of_kinds) and b.id >= first_id
           order by b.id desc
           limit events) n
   where n.newer < events $function$;

CREATE OR REPLACE FUNCTION note_begun(of_tasks bigint[], runs uuid[])
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  noted int;
begin
  with locked as materialized (
    select t.id, t.run_id
      from tasks t
     where t.id = any (of_tasks) and coalesce(t.status, '') = 'running' and t.prefetched
     order by t.id
       for no key update
  )
  update tasks t
     set prefetched = false
    from locked l, unnest(of_tasks, runs) as g(id, run_id)
   where t.id = l.id and g.id = l.id and g.run_id = l.run_id and t.id = any (array(select x.id from locked x));
  get diagnostics noted = row_count;
  return noted;
end $function$;

CREATE OR REPLACE FUNCTION orchestra_add(given jsonb, by text, traceparent text)
 RETURNS text[]
 LANGUAGE plpgsql
AS $function$
declare
  -- of which lane each of them is
  keys constant bytea[] := array(
    select lane_key((g.item ->> 'priority')::smallint, g.item ->> 'repo',
                    g.item ->> 'agent_id', g.item ->> 'skill', g.item ->> 'quest_id', g.item ->> 'actor_id')
      from jsonb_array_elements(given) with ordinality as g(item, nth)
     order by g.nth);
  ids bigint[];
  lanes bigint[];
  is_plain boolean;
  come record;
begin
  -- Lanes that are not there yet, in the order of their keys: two callers who bring the same ones in different orders
  -- would otherwise wait for each other. Gates are locked by the trigger (docs/locking.md).
  if exists (select from unnest(keys) as k(key) where not exists (select from task_lanes l where l.key = k.key)) then
    insert into task_lanes (key, priority, repo, agent_id, skill, quest_id, actor_id, head)
    select distinct on (k.key) k.key, k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id, h.id + 1
      from jsonb_to_recordset(given) as g(
             priority smallint, repo text, agent_id text, skill text, quest_id text, actor_id text)
     cross join task_horizon h
     cross join lateral (
           select lane_key(g.priority, g.repo, g.agent_id, g.skill, g.quest_id, g.actor_id) as key, g.*) k
     where not exists (select from task_lanes l where l.key = k.key)
     order by k.key
        on conflict (key) do nothing;
  end if;

  -- Switched off as well: the caller's session may have switched it on.
  is_plain := not exists (select from jsonb_array_elements(given) as g(item) where not is_plain_to_add(g.item));
  perform set_config('orchestra.adds_itself', case when is_plain then 'on' else 'off' end, true);
  with added as (
    insert into tasks (
      repo, agent_id, skill, quest_id, actor_id, pipeline, stage, priority, payload, max_attempts, max_crashes,
      next_eligible_at, created_by, traceparent, lane_id)
    select g.item ->> 'repo', g.item ->> 'agent_id', g.item ->> 'skill', g.item ->> 'quest_id', g.item ->> 'actor_id',
           g.item ->> 'pipeline', g.item ->> 'stage', (g.item ->> 'priority')::smallint, g.item -> 'payload',
           (g.item ->> 'max_attempts')::int, (g.item ->> 'max_crashes')::int,
           coalesce((g.item ->> 'not_before')::timestamptz, now()), by, orchestra_add.traceparent,
           -- Held until the commit, so that nobody drops it. A lane that was dropped since is found by the trigger.
           (select l.id from task_lanes l where l.key = keys[g.nth] for key share)
      from jsonb_array_elements(given) with ordinality as g(item, nth)
     order by g.nth
    returning id, lane_id
  ), events as (
    insert into event_batches (kind, by, task_ids)
    select 'queued', orchestra_add.by, array_agg(a.id order by a.id) from added a having count(*) > 0
  )
  select array_agg(a.id order by a.id), array_agg(distinct a.lane_id) into ids, lanes from added a;

  -- A new task stands behind the horizon and every head, but where an id was drawn long ago, or given again.
  -- The trigger has looked after those of others.
  if is_plain then
    perform set_config('orchestra.adds_itself', 'off', true);
    if exists (select from task_horizon h where greatest(h.id, h.looked_to) >= ids[1])
       or exists (select from task_lanes l where l.id = any (lanes) and l.head > ids[1]) then
      for come in
        select t.lane_id, min(t.id) as first, count(*) as returned
          from tasks t
         where t.id = any (ids)
         group by t.lane_id
         order by t.lane_id
      loop
        update task_lanes l
           set head = least(l.head, come.first),
               returns = l.returns + come.returned,
               deferred_to = least(l.deferred_to, come.first - 1)
         where l.id = come.lane_id;
      end loop;
    end if;
  end if;
  return ids::text[];
end $function$;

CREATE OR REPLACE FUNCTION orchestra_turn(endings jsonb, rules text, worker text, host text, process jsonb, for_agents text[], for_skills text[], wanted integer, gated_repos text[], kept jsonb, lanes integer, lease_seconds double precision, OUT ended json, OUT tasks text, OUT claimed integer, OUT cut_short boolean, OUT some_are_due boolean)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  -- So many tasks a walk looks at before it gives up. Beyond this the lanes are cheaper, however few of them are open.
  walk_max constant int := 1000;
  clock timestamptz;
  -- the tasks that were found and locked, nearest first
  picked bigint[];
  -- what the search knew: its snapshot, and the newest event of a pause
  seen text;
  known_event bigint;
  -- the same of the searches for probes and at gates, which are statements of their own: a pause may have come or gone
  -- between two of them
  probe_ids bigint[];
  probes_seen text;
  probes_event bigint;
  gate_ids bigint[];
  gates_seen text;
  gates_event bigint;
  -- where a search that was cut short has ended
  end_priority smallint;
  end_place bigint;
  may_be_more boolean := false;
  ungated_repos text[];
  ungated_of_probes text[];
  there_are_probes boolean;
  there_are_gates boolean;
  -- the tasks of the endings are locked, and no rule of stages concerns them
  is_locked boolean;
begin
  -- Until it returns. As a setting of the function itself, only a superuser could make it.
  perform set_config('orchestra.counts_itself', 'on', true);
  if endings <> '[]' then
    -- A single ending needs no order, and its update finds out by itself whether stages concern it. Each task is locked
    -- by a statement before the one that ends the runs, whose snapshot then shows where its newest version lies.
    if jsonb_array_length(endings) = 1 then
      perform from tasks t where t.id = (endings -> 0 ->> 'id')::bigint for no key update;
      is_locked := true;
    else
      is_locked := not lock_runs_to_end(endings);
    end if;
    if is_locked then
      with given as materialized (
        select g.n::int as n,
               (g.item ->> 'id')::bigint as id,
               (g.item ->> 'run_id')::uuid as run_id,
               g.item ->> 'as' as kind,
               nullif(g.item -> 'result', 'null') as result,
               nullif(g.item -> 'cursor', 'null') as cursor,
               g.item ->> 'error' as error,
               (g.item ->> 'retry')::boolean as retry,
               g.item ->> 'cause' as cause,
               -- Joined by its id, each task would be compared with each ending, by a plan from when the table was
               -- small; joined by where it lies, it is fetched.
               (select k.ctid from tasks k where k.id = (g.item ->> 'id')::bigint) as lies_at
          from jsonb_array_elements(endings) with ordinality as g(item, n)
      ), changed as (
        -- The status is asked for in a way that offers no index.
        update tasks t
           set status = case when g.kind = 'completed' then 'succeeded'
                             when g.kind = 'failed' and not (g.retry and t.attempt < t.max_attempts) then 'failed'
                             else 'queued' end,
               attempt = case when g.kind = 'released' then greatest(t.attempt - 1, 0) else t.attempt end,
               next_eligible_at = case g.kind
                 when 'failed' then now() + make_interval(secs => (
                   rules::jsonb -> 'retry_delays'
                     ->> least(t.attempt, jsonb_array_length(rules::jsonb -> 'retry_delays')) - 1)::int)
                 when 'released' then now()
                 else t.next_eligible_at end,
               result = case g.kind when 'completed' then g.result
                                    when 'failed' then coalesce(g.result, t.result)
                                    else t.result end,
               cursor = case g.kind when 'released' then coalesce(g.cursor, t.cursor) else t.cursor end,
               run_id = null, pid = null, started_at = null, heartbeat_at = null,
               boot_id = null, pid_namespace = null, process_started = null, prefetched = false
          from given g
         where t.ctid = g.lies_at
           and t.run_id = g.run_id
           and coalesce(t.status, '') = 'running'
           and t.pipeline is null
           and g.kind in ('completed', 'failed', 'released')
        returning g.n, g.run_id, g.kind, t.id, t.worker_id, t.status,
                  case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at,
                  case g.kind
                    when 'failed' then jsonb_build_object('error', g.error, 'attempt', t.attempt, 'output', g.result)
                    when 'released' then jsonb_build_object('cause', g.cause, 'cursor', t.cursor)
                    else '{}' end as data
      ), events as (
        insert into event_batches (kind, by, task_ids, run_ids, shared, each)
        select c.kind, coalesce(c.worker_id, acting_person()), array_agg(c.id), array_agg(c.run_id),
               jsonb_build_object('status', c.status, 'next_eligible_at', null),
               case when c.kind <> 'completed' then jsonb_agg(
                 c.data || jsonb_build_object('next_eligible_at', c.next_eligible_at)) end
          from changed c
         group by c.kind, c.status, c.worker_id
      ), counted as (
        insert into task_totals (succeeded, failed, cancelled)
        select count(*) filter (where c.status = 'succeeded'), count(*) filter (where c.status = 'failed'), 0
          from changed c
         where c.status <> 'queued'
        having count(*) > 0
      )
      select json_agg(json_build_object('n', c.n, 'status', c.status, 'next_eligible_at', c.next_eligible_at))
        into ended
        from changed c;
    end if;

    if ended is null then
      ended := end_staged_runs(endings, rules::jsonb);
    end if;
  end if;

  if wanted is null then
    perform set_config('orchestra.counts_itself', 'off', true);
    return;
  end if;

  -- What was added while the endings waited for a lock is due as well (P9).
  clock := clock_timestamp();

  if lanes is null then
    with paused as materialized (
      select p.scope_kind, p.scope_value, p.also
        from active_pauses p
       where not exists (select from claim_marker)
    ), keys as materialized (
      -- one jsonb object: about its content the planner guesses nothing; for an array it would sort the whole queue
      select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null), '{}') as scopes,
             jsonb_agg(p.also || jsonb_build_object(p.scope_kind, p.scope_value))
               filter (where p.also is not null) as pairs
        from paused p
    ), ahead as materialized (
      -- Where the walk begins: at the nearest lane that it may take from. What lies before has ended, and would be
      -- walked past as long as anybody's old snapshot keeps the rows from being cleaned up; or it is paused, however
      -- much of it there is.
      select l.priority, l.head
        from task_lanes l
       where not is_gated(l.repo, gated_repos)
         and not pauses_cover(
               (select k.scopes from keys k), (select k.pairs from keys k), l.agent_id, l.skill, l.quest_id, l.actor_id)
         and is_wanted(l.agent_id, l.skill, l.quest_id, l.actor_id, l.repo, for_agents, for_skills, kept)
       order by l.priority, l.head
       limit 1
    ), walked as materialized (
      -- Of each candidate the newest version is locked and looked at once more. It is found again by where it lies,
      -- which within one statement cannot change: no row that its snapshot sees is ever moved or cleaned up.
      select t.id, c.priority, c.place
        from (select w.ctid as lies_at, w.priority, w.place
                from tasks w
               where w.status = 'queued'
                 and w.repo is null
                 and (w.priority, w.place) >= ((select a.priority from ahead a), (select a.head from ahead a))
               order by w.priority, w.place
               limit walk_max) c
        join tasks t on t.ctid = c.lies_at
       where t.status = 'queued'
         and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
         and not pauses_cover(
               (select k.scopes from keys k), (select k.pairs from keys k), t.agent_id, t.skill, t.quest_id, t.actor_id)
         and is_wanted(t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, for_agents, for_skills, kept)
       order by c.priority, c.place
       limit wanted
         for update of t skip locked
    )
    select f.ids, e.priority, e.place, pg_current_snapshot()::text,
           (select max(s.id) from senate_events s where s.type like 'pause.%')
      into picked, end_priority, end_place, seen, known_event
      from (select array_agg(w.id order by w.priority, w.place) as ids, count(*) as number from walked w) f
      left join lateral (
           -- The end of the walk. Read only where that matters: a walk has to go all its way for it.
           select w.priority, w.place
             from tasks w
            where w.status = 'queued'
              and w.repo is null
              and (w.priority, w.place) >= ((select a.priority from ahead a), (select a.head from ahead a))
              and f.number < wanted
            order by w.priority, w.place
            limit 1 offset walk_max - 1) e on true;
  else
    select l.picked, l.end_priority, l.end_place, l.cut_short, l.ungated_repos, l.seen, l.admitted_under
      into picked, end_priority, end_place, may_be_more, ungated_repos, seen, known_event
      from find_by_lanes(for_agents, for_skills, wanted, gated_repos, kept, lanes, clock) l;
  end if;
  may_be_more := may_be_more or end_place is not null;

  -- A task that comes to a gate, or is let through, after this look is found by the next claim.
  select exists (select from tasks t where t.probe_of > 0),
         exists (select from repo_gates g
                  where g.head_id is not null and g.frozen_at is null and g.in_progress < g.max_in_progress)
    into there_are_probes, there_are_gates;
  if there_are_probes then
    select p.picked, p.ungated_repos, p.seen, p.admitted_under
      into probe_ids, ungated_of_probes, probes_seen, probes_event
      from find_free_probes(for_agents, for_skills, wanted, gated_repos, kept, clock) p;
  end if;
  -- Gates are locked in one order (docs/locking.md): first those for which the claim may have to wait, by name. These
  -- are gates of repos for which the serial gate does not hold: the triggers count the tasks there, and would lock them
  -- only after the gates that a claim passes over.
  if ungated_repos is not null or ungated_of_probes is not null then
    perform lock_gate(u.repo)
       from (select distinct r.repo collate "C" as repo
               from unnest(ungated_repos || ungated_of_probes) as r(repo)
              order by 1) u;
  end if;
  if there_are_gates then
    select g.picked, g.seen, g.admitted_under
      into gate_ids, gates_seen, gates_event
      from find_at_gates(for_agents, for_skills, wanted, gated_repos, kept, clock,
             case when coalesce(cardinality(picked), 0) < wanted then end_priority end,
             case when coalesce(cardinality(picked), 0) < wanted then end_place end) g;
  end if;
  if probe_ids is not null or gate_ids is not null then
    picked := array(
      select t.id from tasks t
       where t.id = any (picked || probe_ids || gate_ids)
       order by t.priority, t.place
       limit wanted);
  end if;

  if coalesce(cardinality(picked), 0) = 0 then
    tasks := '[]';
    claimed := 0;
  else
    with found as materialized (
      select f.id, f.nth, (select k.ctid from tasks k where k.id = f.id) as lies_at
        from unnest(picked) with ordinality as f(id, nth)
    ), begun as (
      update tasks t
         set status = 'running',
             run_id = run_id_of(process ->> 'owner'),
             worker_id = worker,
             host = orchestra_turn.host,
             pid = (process ->> 'pid')::int,
             boot_id = (process ->> 'boot_id')::uuid,
             pid_namespace = process ->> 'pid_namespace',
             process_started = (process ->> 'process_started')::bigint,
             started_at = clock_timestamp(),
             heartbeat_at = clock_timestamp(),
             attempt = t.attempt + 1,
             deferred_by = null,
             prefetched = f.nth > coalesce((process ->> 'begins')::int, wanted),
             admitted_under = case when f.id = any (probe_ids) then probes_event
                                   when f.id = any (gate_ids) then gates_event
                                   else known_event end
        from found f
       where t.ctid = f.lies_at
      returning f.nth, t.id, t.run_id, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.priority, t.payload,
                t.attempt, t.max_attempts, t.cursor, t.questions, t.answer, t.probe_of, t.pipeline, t.stage,
                t.admitted_under
    ), events as (
      -- What each task carried, and who counted the transactions: its labels may change, and the database may move.
      insert into event_batches (
        kind, by, task_ids, run_ids, shared, each, attempts, agent_ids, skills, quest_ids, actor_ids)
      select 'claimed', worker, array_agg(b.id), array_agg(b.run_id),
             jsonb_build_object('host', orchestra_turn.host, 'pid', process -> 'pid',
               'admitted_under', known_event::text, 'snapshot', seen, 'cluster', (select known_cluster_id())),
             case when bool_or(b.probe_of is not null or b.is_ungated or b.later_seen is not null) then jsonb_agg(
               case when b.probe_of is null then '{}' else jsonb_build_object('probe_of', b.probe_of::text) end
               || case when b.is_ungated then jsonb '{"gated": false}' else '{}' end
               || case when b.later_seen is null then '{}'
                       else jsonb_build_object(
                              'admitted_under', b.admitted_under::text, 'snapshot', b.later_seen) end) end,
             array_agg(b.attempt),
             case when count(b.agent_id) > 0 then array_agg(b.agent_id) end,
             case when count(b.skill) > 0 then array_agg(b.skill) end,
             case when count(b.quest_id) > 0 then array_agg(b.quest_id) end,
             case when count(b.actor_id) > 0 then array_agg(b.actor_id) end
        from (select n.*, n.repo is not null and not is_gated(n.repo, gated_repos) as is_ungated,
                     case when n.id = any (probe_ids) then probes_seen
                          when n.id = any (gate_ids) then gates_seen end as later_seen
                from begun n
               order by n.nth) b
      having count(*) > 0
    )
    select coalesce(json_agg(told order by b.nth), '[]')::text, count(*)
      into tasks, claimed
      from begun b
     cross join lateral (
           select b.id::text, b.run_id, b.repo, b.agent_id, b.skill, b.quest_id, b.actor_id, b.priority, b.payload,
                  b.attempt, b.max_attempts, b.cursor, b.questions, b.answer, b.probe_of::text, b.pipeline, b.stage,
                  lease_seconds) told;
  end if;

  cut_short := claimed < wanted and may_be_more;
  if claimed < wanted then
    some_are_due := exists (
      select from tasks t
       where t.status = 'queued'
         and not t.in_line
         and (t.next_eligible_at <= clock or t.deferred_by is not null)
         and is_wanted(t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, for_agents, for_skills, kept));
  end if;
  perform set_config('orchestra.counts_itself', 'off', true);
end $function$;

CREATE OR REPLACE FUNCTION orchestra_work(endings jsonb, worker text, host text, process jsonb, for_agents text[], for_skills text[], wanted integer, lanes integer, OUT ended json, OUT tasks text, OUT claimed integer, OUT cut_short boolean, OUT some_are_due boolean)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
declare
  settings constant queue_settings := begin_work();
  owner constant text := work_owner();
begin
  if worker is null or worker = '' or length(worker) > 200 then
    raise invalid_parameter_value using message = 'a worker has to say its name';
  end if;
  if wanted not between 1 and 100 or lanes < 1 then
    raise invalid_parameter_value using message = 'a claim asks for 1 to 100 tasks';
  end if;
  if endings <> '[]' then
    if jsonb_array_length(endings) > 100 or exists (
         select from jsonb_array_elements(endings) e(item)
          where coalesce(e.item ->> 'as', '') not in ('completed', 'failed', 'released', 'held', 'retried')) then
      raise invalid_parameter_value using message = 'up to 100 runs end at a time, each as completed, failed, released, held or retried';
    end if;
    if exists (select from jsonb_array_elements(endings) e(item) where not is_run_of(owner, (e.item ->> 'run_id')::uuid)) then
      endings := (
        select jsonb_agg(case when is_run_of(owner, (e.item ->> 'run_id')::uuid) then e.item
                              else e.item || '{"run_id": "00000000-0000-8000-8000-000000000000"}' end order by e.n)
          from jsonb_array_elements(endings) with ordinality as e(item, n));
    end if;
    if settings.gated_repos is not null then
      wanted := null;
    end if;
  end if;
  select t.ended, t.tasks, t.claimed, t.cut_short, t.some_are_due
    into ended, tasks, claimed, cut_short, some_are_due
    from orchestra_turn(
           endings, settings.rules, worker, orchestra_work.host, coalesce(process, '{}') || jsonb_build_object('owner', owner),
           for_agents, for_skills, wanted, settings.gated_repos, settings.kept,
           -- a walk passes over all tasks with a repo, also those that the serial gate leaves alone
           case when settings.gated_repos is not null then coalesce(lanes, 32) else lanes end,
           settings.lease_seconds) t;
end $function$;

CREATE OR REPLACE FUNCTION orchestra_work_add(given jsonb, traceparent text)
 RETURNS text[]
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
declare
  settings constant queue_settings := begin_work();
  ids text[];
  misplaced text;
begin
  if jsonb_array_length(given) not between 1 and 1000 then
    raise invalid_parameter_value using message = 'add 1 to 1,000 tasks at a time';
  end if;
  if exists (select from jsonb_array_elements(given) g(item) where coalesce(g.item ->> 'pipeline', g.item ->> 'stage') is not null) then
    select format('there is no stage %s of the skill %s in the pipeline %s', coalesce(g.item ->> 'stage', '(the first)'),
                  coalesce(g.item ->> 'skill', '(any)'), coalesce(g.item ->> 'pipeline', 'default'))
      into misplaced
      from jsonb_array_elements(given) g(item)
     where coalesce(g.item ->> 'pipeline', g.item ->> 'stage') is not null
       and not exists (
         select from jsonb_array_elements(settings.stages -> coalesce(g.item ->> 'pipeline', 'default')) with ordinality s(stage, n)
          where case when g.item ->> 'stage' is null then s.n = 1 else s.stage ->> 0 = g.item ->> 'stage' end
            and coalesce(g.item ->> 'skill', s.stage ->> 1) = s.stage ->> 1)
     limit 1;
    if misplaced is not null then
      raise invalid_parameter_value using message = misplaced, detail = 'unknown_stage';
    end if;
    given := (
      select jsonb_agg(coalesce(g.item || (
               select jsonb_build_object('pipeline', coalesce(g.item ->> 'pipeline', 'default'), 'stage', s.stage ->> 0, 'skill', s.stage ->> 1)
                 from jsonb_array_elements(settings.stages -> coalesce(g.item ->> 'pipeline', 'default')) with ordinality s(stage, n)
                where coalesce(g.item ->> 'pipeline', g.item ->> 'stage') is not null
                  and case when g.item ->> 'stage' is null then s.n = 1 else s.stage ->> 0 = g.item ->> 'stage' end
                limit 1), g.item) order by g.n)
        from jsonb_array_elements(given) with ordinality as g(item, n));
  end if;
  return orchestra_add(given, session_user::text, traceparent);
end $function$;

CREATE OR REPLACE FUNCTION orchestra_work_ask(of_task bigint, run uuid, asks text, new_cursor jsonb)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
declare
  settings constant queue_settings := begin_work();
  repo_of_task text;
begin
  if not is_run_of(work_owner(), run) then
    return null;
  end if;
  if length(coalesce(asks, '')) not between 1 and 50000 then
    raise invalid_parameter_value using message = 'a question has 1 to 50,000 characters';
  end if;
  if settings.question_repos is not null then
    select t.repo into repo_of_task from tasks t where t.id = of_task;
    if found and not coalesce(repo_of_task = any (settings.question_repos), false) then
      return json_build_object('off', case when settings.question_repos = '{}' then 'ORCHESTRA_QUESTIONS is off'
        else 'ORCHESTRA_QUESTIONS_REPOS does not name ' || coalesce('its repo ' || repo_of_task, 'tasks without a repo') end);
    end if;
  end if;
  perform set_config('orchestra.who', session_user, true);
  return (select json_build_object('status', a.status)
            from (select ask_question(of_task, run, asks, settings.auto_park_repos, new_cursor) as status) a
           where a.status is not null);
end $function$;

CREATE OR REPLACE FUNCTION orchestra_work_beat(beats jsonb, OUT alive json, OUT lease_seconds double precision)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
declare
  settings constant queue_settings := begin_work();
begin
  if jsonb_array_length(beats) > 1000 or exists (select from jsonb_array_elements(beats) b(item) where length(b.item ->> 'output') > 16000) then
    raise invalid_parameter_value using message = 'up to 1,000 runs send a heartbeat at a time, each with 16,000 characters of output at most';
  end if;
  lease_seconds := settings.lease_seconds;
  alive := beat_runs(coalesce((
    select jsonb_agg(case when is_run_of(work_owner(), (b.item ->> 'run_id')::uuid) then b.item
                          else b.item || '{"run_id": "00000000-0000-8000-8000-000000000000"}' end order by b.n)
      from jsonb_array_elements(beats) with ordinality as b(item, n)), '[]'));
end $function$;

CREATE OR REPLACE FUNCTION orchestra_work_begun(of_tasks bigint[], runs uuid[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
begin
  perform begin_work();
  return note_begun(of_tasks, array(
    select case when is_run_of(work_owner(), r.run) then r.run end from unnest(runs) with ordinality as r(run, n) order by r.n));
end $function$;

CREATE OR REPLACE FUNCTION orchestra_work_line_up()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
begin
  perform begin_work();
  return line_up_due(false);
end $function$;

CREATE OR REPLACE FUNCTION orchestra_work_pauses()
 RETURNS SETOF active_pauses
 LANGUAGE sql
 STABLE SECURITY DEFINER
AS $function$
  select p.* from active_pauses p $function$;

CREATE OR REPLACE FUNCTION orchestra_work_raise(for_agents text[], for_skills text[], lanes integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
declare
  settings constant queue_settings := begin_work();
begin
  return raise_near_heads(for_agents, for_skills, least(lanes, 4096), settings.gated_repos, settings.kept);
end $function$;

CREATE OR REPLACE FUNCTION orchestra_work_stopped(of_task bigint, run uuid, new_cursor jsonb)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
begin
  perform begin_work();
  return (select json_build_object('status', e.status, 'next_eligible_at', e.next_eligible_at)
            from end_stopped_run(of_task, case when is_run_of(work_owner(), run) then run end, new_cursor) e);
end $function$;

CREATE OR REPLACE FUNCTION orchestra_work_tend(which text, saw jsonb)
 RETURNS double precision
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
declare
  settings constant queue_settings := begin_work();
  tick float8 := case which when 'reap' then greatest(1, settings.lease_seconds / 4) when 'lanes' then 0.25 when 'drop' then 10 end;
  last_one queue_upkeep;
  lost bigint;
  taken int := 0;
begin
  if tick is null then
    raise invalid_parameter_value using message = 'the rounds are reap, lanes and drop';
  end if;
  if saw is not null then
    insert into worker_sightings as w (worker, wants, host, agents, skills, seen_at)
    select left(saw ->> 'worker', 200), left(saw ->> 'wants', 64), left(saw ->> 'host', 255),
           case when jsonb_typeof(saw -> 'agents') = 'array' then array(select jsonb_array_elements_text(saw -> 'agents')) end,
           case when jsonb_typeof(saw -> 'skills') = 'array' then array(select jsonb_array_elements_text(saw -> 'skills')) end,
           now()
     where (select count(*) from (select from worker_sightings limit 100000) c) < 100000
        on conflict (worker, wants) do update set host = excluded.host, seen_at = greatest(w.seen_at, excluded.seen_at);
  end if;
  if not pg_try_advisory_xact_lock(hashtext('orchestra tends'), hashtext(which)) then
    return tick;
  end if;
  select * into last_one from queue_upkeep u where u.round = which;
  if last_one.done_at > clock_timestamp() - make_interval(secs => tick * 0.9) then
    return greatest(0.05, extract(epoch from last_one.done_at - clock_timestamp()) + tick);
  end if;

  if which = 'lanes' then
    perform line_up_due(true);
    perform advance_horizon();
    perform raise_heads(1000, 4000);
  elsif which = 'drop' then
    perform sum_up_totals();
    perform drop_empty_lanes();
  else
    -- While nobody looked, because the server was away or all workers were, nobody could be heard either. To take runs
    -- away then would end those of a healthy fleet. A living worker is heard within half a lease.
    last_one.heard_since := case
      when last_one.done_at > clock_timestamp() - make_interval(secs => tick + settings.lease_seconds / 2)
      then greatest(last_one.heard_since, pg_postmaster_start_time())
      else clock_timestamp() end;
    if last_one.heard_since <= clock_timestamp() - make_interval(secs => settings.lease_seconds / 2) then
      begin
        taken := take_away_runs('lease', null, settings.lease_seconds, null, null);
      exception when integrity_constraint_violation or raise_exception or data_exception or lock_not_available then
        -- A row that cannot be changed stops none of the others.
        for lost in
          select t.id from tasks t
           where t.status = 'running' and t.heartbeat_at < clock_timestamp() - make_interval(secs => settings.lease_seconds)
           order by t.id
           limit 500
        loop
          begin
            taken := taken + take_away_runs('lease', lost, settings.lease_seconds, null, null);
          exception when integrity_constraint_violation or raise_exception or data_exception or lock_not_available then
            raise warning 'task % could not be taken from its lost worker: %', lost, sqlerrm;
          end;
        end loop;
      end;
    else
      tick := least(tick, extract(epoch from last_one.heard_since + make_interval(secs => settings.lease_seconds / 2) - clock_timestamp()) + 0.01);
    end if;
    update reaper_totals set last_tick_at = clock_timestamp();
  end if;
  update queue_upkeep u set done_at = clock_timestamp(), heard_since = last_one.heard_since where u.round = which;
  -- One statement takes a bounded number of runs.
  return case when taken >= 500 then 0.05 else tick end;
end $function$;

CREATE OR REPLACE FUNCTION orchestra_work_why(of_tasks bigint[], runs uuid[])
 RETURNS TABLE(found boolean, status text, run_id uuid, worker_id text, ended_as text, ended_at timestamp with time zone, ended_status text, next_eligible_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
begin
  perform begin_work();
  return query
  select w.found, w.status, null::uuid, w.worker_id, w.ended_as, w.ended_at, w.ended_status, w.next_eligible_at
    from why_not_owner(of_tasks, array(
           select case when is_run_of(work_owner(), r.run) then r.run else '00000000-0000-8000-8000-000000000000' end
             from unnest(runs) with ordinality as r(run, n)
            order by r.n)) w;
end $function$;

CREATE OR REPLACE FUNCTION pairs_cover(pairs jsonb, agent_id text, skill text, quest_id text, actor_id text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT COST 1
AS $function$
  select exists (select from jsonb_array_elements(pairs) as p(labels) where labels_match(p.labels, agent_id, skill, quest_id, actor_id)) $function$;

CREATE OR REPLACE FUNCTION park_of_a_run()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.paused_run := null;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION pause_covers(scope_kind text, scope_value text, also jsonb, agent_id text, skill text, quest_id text, actor_id text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select coalesce(scope_kind = 'fleet' or scope_value = case scope_kind when 'actor' then actor_id when 'agent' then agent_id
                                                                        when 'skill' then skill when 'quest' then quest_id end, false)
     and labels_match(also, agent_id, skill, quest_id, actor_id) $function$;

CREATE OR REPLACE FUNCTION pause_labels(scope_kind text, scope_value text, also jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case when scope_kind = 'fleet' then '{}'
              else (scope_kind || ' ' || scope_value) || array(select l.key || ' ' || l.value from jsonb_each_text(also) l order by l.key) end $function$;

CREATE OR REPLACE FUNCTION pauses_cover(scopes jsonb, pairs jsonb, agent_id text, skill text, quest_id text, actor_id text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select scopes ?| array['fleet *', 'agent ' || agent_id, 'skill ' || skill, 'quest ' || quest_id, 'actor ' || actor_id]
      or (pairs_cover(pairs, coalesce(agent_id, ''), coalesce(skill, ''), coalesce(quest_id, ''), coalesce(actor_id, ''))) is true $function$;

CREATE OR REPLACE FUNCTION raise_heads(lanes integer, places_worth bigint)
 RETURNS integer
 LANGUAGE sql
AS $function$
  with near as materialized (
    select l.id from task_lanes l order by l.priority, l.head limit lanes
  )
  select raise_heads_of(array(select n.id from near n), least(places_worth, 100 * (select count(*) from near))) $function$;

CREATE OR REPLACE FUNCTION raise_heads_of(of_lanes bigint[], places bigint)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  raised int;
begin
  with lanes as materialized (
    select l.id, l.head, l.returns from task_lanes l where l.id = any (of_lanes)
  ), firsts as materialized (
    select l.id, l.returns,
           least(h.id + 1, coalesce((
             select t.place from tasks t where t.lane_id = l.id and t.status = 'queued' and t.place >= l.head order by t.place limit 1
           ), 9223372036854775807)) as head
      from lanes l, task_horizon h
  ), held as (
    select l.id, f.head
      from firsts f
      join task_lanes l on l.id = f.id
     where l.returns = f.returns and l.head + places <= f.head
       for no key update of l skip locked
  )
  update task_lanes l set head = h.head from held h where l.id = h.id;
  get diagnostics raised = row_count;
  return raised;
end $function$;

CREATE OR REPLACE FUNCTION raise_near_heads(for_agents text[], for_skills text[], lanes integer, gated_repos text[], kept jsonb)
 RETURNS integer
 LANGUAGE sql
AS $function$
  with keys as materialized (
    select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null), '{}') as scopes,
           jsonb_agg(p.also || jsonb_build_object(p.scope_kind, p.scope_value)) filter (where p.also is not null) as pairs
      from active_pauses p
  ), near as (
    select l.id
      from task_lanes l
     where not is_gated(l.repo, gated_repos)
       and not pauses_cover((select k.scopes from keys k), (select k.pairs from keys k), l.agent_id, l.skill, l.quest_id, l.actor_id)
       and is_wanted(l.agent_id, l.skill, l.quest_id, l.actor_id, l.repo, for_agents, for_skills, kept)
     order by l.priority, l.head
     limit lanes
  )
  select raise_heads_of(array(select n.id from near n), 1) $function$;

CREATE OR REPLACE FUNCTION refuse_instant(table_name text, column_name text, value timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if not is_instant(value) then
    raise exception '% of % must be between the years 1970 and 9999, not %', column_name, table_name, value
      using errcode = 'check_violation', table = table_name, column = column_name, constraint = table_name || '_' || column_name || '_is_an_instant';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION refuse_label(table_name text, column_name text, value text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if label_problem(value) is not null then
    raise exception '% of % %', column_name, table_name, label_problem(value)
      using errcode = 'check_violation', table = table_name, column = column_name, constraint = table_name || '_' || column_name || '_is_a_label',
            detail = 'Its bytes are: ' || encode(convert_to(value, 'UTF8'), 'escape'), hint = 'A label has 1 to 200 printable characters, with no blank at either end, as the API takes it.';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION repo_gate_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  what text;
begin
  if tg_op = 'INSERT' or old.frozen_at is distinct from new.frozen_at then
    if new.frozen_at is not null then what := 'frozen'; elsif tg_op = 'UPDATE' then what := 'thawed'; end if;
    if what is not null then
      insert into senate_audit (by, action, subject_kind, subject_id, why, data)
      values (case what when 'frozen' then coalesce(new.frozen_by, acting_person()) else acting_person() end,
              'repo.' || what, 'repo', new.repo, new.freeze_reason, null);
    end if;
  end if;
  if (tg_op = 'INSERT' and new.max_in_progress <> 1) or (tg_op = 'UPDATE' and old.max_in_progress <> new.max_in_progress) then
    insert into senate_audit (by, action, subject_kind, subject_id, data)
    values (acting_person(), 'repo.limited', 'repo', new.repo, jsonb_build_object('max_in_progress', new.max_in_progress));
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION repo_gate_is_well_formed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.repo := label_nfc(new.repo);
  perform refuse_label('repo_gates', 'repo', new.repo);
  return new;
end $function$;

CREATE OR REPLACE FUNCTION repo_gates_in_order()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform from repo_gates g order by g.repo collate "C" for no key update;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION repo_gates_stay()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'the gate of a repo is not deleted' using hint = 'It costs nothing. To open it: update repo_gates set frozen_at = null where repo = …';
end $function$;

CREATE OR REPLACE FUNCTION repo_is_frozen()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.frozen_at is null then
    new.frozen_by := null; new.freeze_reason := null;
  else
    new.frozen_by := coalesce(new.frozen_by, acting_person());
    new.freeze_reason := coalesce(new.freeze_reason, 'no reason given');
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION run_id_of(owner text)
 RETURNS uuid
 LANGUAGE plpgsql
 PARALLEL SAFE
AS $function$
declare
  digits text := replace(gen_random_uuid()::text, '-', '');
begin
  if owner is null then
    return digits::uuid;
  end if;
  digits := left(overlay(digits placing '8' from 13 for 1), 17);
  return (digits || left(encode(sha256(convert_to(owner || ' ' || digits, 'UTF8')), 'hex'), 15))::uuid;
end $function$;

CREATE OR REPLACE FUNCTION scopes_cover(scopes jsonb, agent_id text, skill text, quest_id text, actor_id text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select scopes ?| array['fleet *', 'agent ' || agent_id, 'skill ' || skill, 'quest ' || quest_id, 'actor ' || actor_id] $function$;

CREATE OR REPLACE FUNCTION senate_alert_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  facts jsonb := jsonb_build_object('id', new.id::text, 'kind', new.kind, 'ref_id', new.ref_id, 'severity', new.severity,
    'details', new.details, 'created_at', new.created_at, 'ack_at', new.ack_at, 'ack_by', new.ack_by, 'resolved_at', new.source_resolved_at);
  who constant text := coalesce(nullif(current_setting('orchestra.who', true), ''), current_user);
begin
  if tg_op = 'INSERT' then
    insert into senate_events (type, data) values ('alert.created', facts);
    insert into senate_audit (by, action, subject_kind, subject_id, why, data) values (who, 'alert.created', 'alert', new.id::text, null, facts);
    return null;
  end if;
  if old.source_resolved_at is null and new.source_resolved_at is not null then
    insert into senate_events (type, data) values ('alert.resolved', facts);
    insert into senate_audit (by, action, subject_kind, subject_id, why, data) values (who, 'alert.resolved', 'alert', new.id::text, null, facts);
  end if;
  if old.ack_at is null and new.ack_at is not null then
    insert into senate_events (type, data) values ('alert.acknowledged', facts);
    insert into senate_audit (by, action, subject_kind, subject_id, why, data)
    values (coalesce(new.ack_by, current_user), 'alert.acknowledged', 'alert', new.id::text, null, facts);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION senate_alerts_problem()
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  trial constant text := 'orchestra_trial';
  long constant text := rpad('orchestra_trial', 200, '_');
  first_id constant int := -7 - 8 * (random() * 4000)::int;
  says text; which_column text; which_constraint text; problem_state text; named text;
begin
  begin
    insert into senate_alerts (id, kind, ref_id, severity, details) overriding system value
    select first_id + v.n, v.kind, v.ref_id, v.severity, v.details
      from (values (0, trial, trial, 'low', '{"run_id": "trial"}'::jsonb), (1, long, long, 'medium', null), (2, trial, null, 'high', null),
                   (3, trial, trial, 'critical', null), (4, trial, trial, 'critical', null)) as v(n, kind, ref_id, severity, details);
    insert into senate_alerts (id, kind, ref_id, severity, created_at, details) overriding system value
    values (first_id + 5, 'runaway', trial, 'critical', now(), jsonb_build_object('run_id', trial || first_id))
        on conflict ((details ->> 'run_id')) where kind = 'runaway' do nothing;
    insert into senate_alerts (id, kind, ref_id, severity, source_key) overriding system value values (first_id + 6, trial, trial, 'critical', trial || first_id)
        on conflict (source_key) where source_key is not null do nothing;
    set constraints all immediate;
    update senate_alerts set ack_at = now(), ack_by = long, fed_pause = 0, source_resolved_at = now() where id between first_id and first_id + 6;
    if (select count(*) from senate_alerts a where a.id between first_id and first_id + 6 and a.kind in (trial, long, 'runaway')
           and a.severity in ('low', 'medium', 'high', 'critical') and (a.ref_id is null) = (a.severity = 'high') and coalesce(a.ref_id, trial) in (trial, long)
           and a.ack_at is not null and abs(extract(epoch from a.created_at - now())) < 60) is distinct from 7 then
      raise exception 'what is recorded is not kept as it is given, or its created_at is not now: look at its triggers, rules and time zones' using errcode = 'OC001';
    end if;
    raise exception 'well' using errcode = 'OC003';
  exception
    when sqlstate 'OC003' then return null; -- a code that ends with 000 would stand for its whole class
    when others then
      get stacked diagnostics says = message_text, which_column = column_name, which_constraint = constraint_name, problem_state = returned_sqlstate;
      if problem_state ~ '^(25|40|53|55|57|58|XX)' then raise; end if;
  end;
  select string_agg(a.attname, ', ') into named
    from pg_attribute a
   where a.attrelid = 'senate_alerts'::regclass and a.attnum > 0 and case
         when problem_state = '22001' then a.atttypmod > 4 and a.atttypid in ('varchar'::regtype, 'bpchar'::regtype)
         else a.attnum = any (coalesce((select c.conkey from pg_constraint c where c.conrelid = a.attrelid and c.conname = which_constraint),
                                       (select i.indkey::int2[] from pg_index i where i.indrelid = a.attrelid and i.indexrelid = to_regclass(quote_ident(nullif(which_constraint, ''))))))
         end;
  return 'senate_alerts takes no alert of Orchestra: ' || says || case
    when problem_state = '23502' then format('; alter table senate_alerts alter column %I set default …, or drop not null', which_column)
    when problem_state = '22001' then format('; one of the columns %s is too short: alter column … type text', named)
    when which_constraint <> '' then format('; change or drop %I of senate_alerts%s', which_constraint, ' (column ' || named || ')')
    when problem_state = '42501' then '; grant select, insert and update on it, and see its row-level security'
    else '' end;
end $function$;

CREATE OR REPLACE FUNCTION senate_keep_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_table_name = 'senate_pause' then
    raise exception 'senate_pause keeps its history: rows are not deleted'
      using hint = 'To end a pause: update senate_pause set cleared_at = now(), cleared_by = ''<you>'' where id = …';
  end if;
  raise exception '% keeps its history: rows are neither changed nor deleted', tg_table_name;
end $function$;

CREATE OR REPLACE FUNCTION senate_pause_begins_anew()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.stayed_at := null; new.probing_at := null; new.probe_task_id := null;
  if new.ttl_seconds is distinct from old.ttl_seconds then
    new.period_seconds := case when new.ttl_seconds is not null then
      greatest(1, floor(extract(epoch from new.paused_at + make_interval(secs => new.ttl_seconds) - statement_timestamp()))) end;
    new.warnings := 0; new.warned_at := null;
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION senate_pause_durable()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if current_setting('synchronous_commit') in ('off', 'local', 'remote_write') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION senate_pause_facts(p senate_pause)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  select jsonb_build_object(
    'id', p.id::text, 'scope_kind', p.scope_kind, 'scope_value', p.scope_value, 'also', p.also, 'reason', p.reason,
    'paused_at', p.paused_at, 'paused_by', p.paused_by, 'source', p.source, 'ttl_seconds', p.ttl_seconds,
    'expires_at', p.paused_at + make_interval(secs => p.ttl_seconds),
    'cleared_at', p.cleared_at, 'cleared_by', p.cleared_by, 'quiet_at', p.quiet_at,
    'then', p.ends_as, 'stayed_at', p.stayed_at, 'probing_at', p.probing_at, 'probe_task_id', p.probe_task_id::text, 'warned_at', p.warned_at)
$function$;

CREATE OR REPLACE FUNCTION senate_pause_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  what text;
  who text := acting_person();
begin
  if tg_op = 'INSERT' then
    what := 'created'; who := new.paused_by;
  elsif old.cleared_at is null and new.cleared_at is not null then
    what := case when new.cleared_by = 'senate.ttl' then 'expired' else 'cleared' end;
    who := coalesce(new.cleared_by, current_user);
  elsif (old.ttl_seconds, old.ends_as) is distinct from (new.ttl_seconds, new.ends_as) then
    what := 'changed';
  elsif old.stayed_at is null and new.stayed_at is not null then
    what := 'stayed';
  elsif (old.probing_at is null and new.probing_at is not null) or (new.probe_task_id is not null and old.probe_task_id is distinct from new.probe_task_id) then
    what := 'probing';
  elsif new.warnings > old.warnings then
    what := 'warning';
  elsif old.quiet_at is null and new.quiet_at is not null then
    what := 'quiet'; who := 'senate.quiet';
  elsif new is distinct from old then
    what := 'changed';
  else
    return null;
  end if;
  insert into senate_audit (by, action, subject_kind, subject_id, why, data)
  values (who, 'pause.' || what, 'pause', new.id::text,
          case what when 'created' then new.reason else nullif(current_setting('orchestra.why', true), '') end,
          senate_pause_facts(new));
  insert into senate_events (type, data) values ('pause.' || what, senate_pause_facts(new));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION senate_pause_in_order(p senate_pause)
 RETURNS senate_pause
 LANGUAGE plpgsql
AS $function$
declare
  labels jsonb := '{}';
  label record;
begin
  if p.scope_kind = 'fleet' then
    if p.scope_value <> '*' or p.also is not null then
      raise exception 'a pause of the fleet covers everything: its scope_value is * and it names no further labels'
        using errcode = 'check_violation', table = 'senate_pause', column = 'scope_value', constraint = 'senate_pause_fleet_is_whole';
    end if;
    return p;
  end if;
  if p.also is null then
    return p;
  end if;
  if jsonb_typeof(p.also) <> 'object' then
    raise exception 'also of senate_pause must be an object such as {"quest": "q-7"}'
      using errcode = 'check_violation', table = 'senate_pause', column = 'also', constraint = 'senate_pause_also_is_labels';
  end if;
  for label in select l.key, l.value, l.value #>> '{}' as text from jsonb_each(p.also) l loop
    if label.key not in ('actor', 'agent', 'skill', 'quest') or jsonb_typeof(label.value) <> 'string' then
      raise exception 'also of senate_pause must hold labels of the kinds actor, agent, skill and quest, not %', p.also
        using errcode = 'check_violation', table = 'senate_pause', column = 'also', constraint = 'senate_pause_also_is_labels';
    end if;
    perform refuse_label('senate_pause', 'also', label_nfc(label.text));
    labels := labels || jsonb_build_object(label.key, label_nfc(label.text));
  end loop;
  if labels ->> p.scope_kind <> p.scope_value then
    raise exception 'a pause of senate_pause names two labels of the kind %, and a task carries one', p.scope_kind
      using errcode = 'check_violation', table = 'senate_pause', column = 'also', constraint = 'senate_pause_also_is_labels';
  end if;
  labels := labels || jsonb_build_object(p.scope_kind, p.scope_value);
  select k.kind into p.scope_kind
    from unnest(array['actor', 'agent', 'skill', 'quest']) with ordinality as k(kind, nth) where labels ? k.kind order by k.nth limit 1;
  p.scope_value := labels ->> p.scope_kind;
  p.also := nullif(labels - p.scope_kind, '{}');
  return p;
end $function$;

CREATE OR REPLACE FUNCTION senate_pause_is_well_formed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' or new.scope_value is distinct from old.scope_value then
    new.scope_value := label_nfc(new.scope_value);
    perform refuse_label('senate_pause', 'scope_value', new.scope_value);
  end if;
  if tg_op = 'INSERT' or (new.scope_kind, new.scope_value, new.also) is distinct from (old.scope_kind, old.scope_value, old.also) then
    new := senate_pause_in_order(new);
  end if;
  if tg_op = 'INSERT' or new.cleared_at is distinct from old.cleared_at then perform refuse_instant('senate_pause', 'cleared_at', new.cleared_at); end if;
  if tg_op = 'INSERT' or new.quiet_at is distinct from old.quiet_at then perform refuse_instant('senate_pause', 'quiet_at', new.quiet_at); end if;
  if tg_op = 'INSERT' or new.stayed_at is distinct from old.stayed_at then perform refuse_instant('senate_pause', 'stayed_at', new.stayed_at); end if;
  if tg_op = 'INSERT' or new.probing_at is distinct from old.probing_at then perform refuse_instant('senate_pause', 'probing_at', new.probing_at); end if;
  if tg_op = 'INSERT' or new.warned_at is distinct from old.warned_at then perform refuse_instant('senate_pause', 'warned_at', new.warned_at); end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION senate_ring()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if pg_notification_queue_usage() < 0.9 and current_setting('orchestra.bell', true) is distinct from 'off' then
    perform pg_notify('orchestra', tg_argv[0]);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION senate_ring_added()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  payload text;
begin
  if pg_notification_queue_usage() >= 0.9 or current_setting('orchestra.bell', true) is not distinct from 'off' then
    return null;
  end if;
  select 'pause ' || (jsonb_build_object(
           'id', a.id::text, 'scope_kind', a.scope_kind, 'scope_value', a.scope_value, 'also', a.also, 'reason', left(a.reason, 500), 'source', a.source,
           'paused_at', a.paused_at, 'paused_by', left(a.paused_by, 200), 'ttl_seconds', a.ttl_seconds)
         || case when current_schema() = 'public' then '{}'::jsonb else jsonb_build_object('schema', current_schema()) end)::text
    into payload
    from added as a
   where a.cleared_at is null and (select count(*) from added) = 1;
  -- NOTIFY takes less than 8000 bytes; and many pauses at once are read.
  perform pg_notify('orchestra', case when octet_length(payload) < 8000 then payload else 'pause' end);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION sum_up_totals()
 RETURNS integer
 LANGUAGE sql
AS $function$
  with found as materialized (
    select t.ctid as lies_at from task_totals t limit 10000 for update skip locked
  ), gone as (
    delete from task_totals t
     using found f
     where t.ctid = f.lies_at
       and (select count(*) from found) >= 100
    returning t.succeeded, t.failed, t.cancelled
  ), kept as (
    insert into task_totals (succeeded, failed, cancelled)
    select sum(g.succeeded), sum(g.failed), sum(g.cancelled) from gone g having count(*) > 0
  )
  select count(*)::int from gone $function$;

CREATE OR REPLACE FUNCTION take_away_runs(cause text, of_task bigint, lease_seconds double precision, runs uuid[], up_for_seconds double precision)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  why constant text := case cause when 'lease' then 'it sent no heartbeat for the lease' when 'process_gone' then 'its process has ended'
                                  else 'its machine was started anew' end;
  taken int;
begin
  with found as materialized (
    select t.id, t.run_id, t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.crashes + 1 < t.max_crashes as goes_on
      from tasks t
     where t.status = 'running'
       and (of_task is null or t.id = of_task)
       and case cause
             when 'lease' then t.heartbeat_at < clock_timestamp() - make_interval(secs => lease_seconds)
             when 'process_gone' then t.run_id = any (runs)
             else t.run_id = any (runs) and t.heartbeat_at < clock_timestamp() - make_interval(secs => up_for_seconds) end
     order by t.heartbeat_at
     limit 500
       for update skip locked
  ), made as materialized (
    select count(lane_for(k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id)) as lanes
      from (select distinct f.priority, f.repo, f.agent_id, f.skill, f.quest_id, f.actor_id,
                   lane_key(f.priority, f.repo, f.agent_id, f.skill, f.quest_id, f.actor_id) as key
              from found f
             where f.goes_on
             order by key) k
  ), reaped as (
    update tasks t
       set status = case when t.crashes + 1 < t.max_crashes then 'queued' else 'failed' end,
           crashes = t.crashes + 1, attempt = greatest(t.attempt - 1, 0), next_eligible_at = now(),
           result = case when t.crashes + 1 < t.max_crashes then t.result else jsonb_build_object(
                      'error', format('its worker was lost %s times while it ran, the last time because %s', t.crashes + 1, why),
                      'crashes', t.crashes + 1, 'cause', cause) end,
           run_id = null, pid = null, started_at = null, heartbeat_at = null,
           boot_id = null, pid_namespace = null, process_started = null, prefetched = false
      from found l
     where t.id = l.id and t.id = any (array(select x.id from found x)) and (select m.lanes from made m) >= 0
    returning t.id, l.run_id, t.worker_id, t.host, t.attempt, t.crashes, t.status, case when t.status = 'failed' then t.result ->> 'error' end as reason
  ), events as (
    insert into task_event_rows (task_id, run_id, kind, by, data)
    select r.id, r.run_id, 'reaped', 'orchestra.reaper', jsonb_build_object(
             'cause', cause, 'worker', r.worker_id, 'host', r.host, 'attempt', r.attempt, 'crashes', r.crashes, 'status', r.status,
             'reason', r.reason, 'lease_seconds', case when cause = 'lease' then lease_seconds end)
      from reaped r
  ), totals as (
    update reaper_totals s
       set by_lease = s.by_lease + case when cause = 'lease' then r.reaped else 0 end,
           by_process_gone = s.by_process_gone + case when cause = 'process_gone' then r.reaped else 0 end,
           by_other_boot = s.by_other_boot + case when cause = 'other_boot' then r.reaped else 0 end
      from (select count(*)::int as reaped from reaped r) r
     where r.reaped > 0
  )
  select count(*)::int into taken from reaped r;
  return taken;
end $function$;

CREATE OR REPLACE FUNCTION task_changes_at_gate(was tasks, now tasks)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select (was.repo is not null or now.repo is not null)
    and (was.repo, was.status, was.paused_at is null, was.in_line, was.stage_since is null, was.priority, was.agent_id, was.skill, was.quest_id, was.actor_id)
        is distinct from (now.repo, now.status, now.paused_at is null, now.in_line, now.stage_since is null, now.priority, now.agent_id, now.skill, now.quest_id, now.actor_id) $function$;

CREATE OR REPLACE FUNCTION task_changes_stage()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.pipeline is distinct from new.pipeline or old.status <> 'running' or new.status = 'running' or new.last_outcome is null then
    raise exception 'the stage of task % changes when a run of it ends, and at no other time', old.id
      using hint = 'To begin elsewhere, add a task of its pipeline in the stage it is to stand in: POST /api/tasks {"pipeline", "stage", …}.';
  end if;
  new.stage_since := now();
  return new;
end $function$;

CREATE OR REPLACE FUNCTION task_changes_state()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if not (is_instant(new.next_eligible_at) and is_instant(new.created_at) and is_instant(new.started_at)
      and is_instant(new.heartbeat_at) and is_instant(new.paused_at) and is_instant(new.asked_at)
      and is_instant(new.answered_at) and is_instant(new.stage_since) and is_instant(new.held_at)) then
    if new.next_eligible_at = 'infinity' then new.next_eligible_at := '9999-12-31 23:59:59.999Z'; end if;
    perform refuse_instant('tasks', c.name, c.changed)
       from (values ('next_eligible_at', old.next_eligible_at, new.next_eligible_at),
                    ('created_at', old.created_at, new.created_at),
                    ('started_at', old.started_at, new.started_at),
                    ('heartbeat_at', old.heartbeat_at, new.heartbeat_at),
                    ('paused_at', old.paused_at, new.paused_at),
                    ('asked_at', old.asked_at, new.asked_at),
                    ('answered_at', old.answered_at, new.answered_at),
                    ('stage_since', old.stage_since, new.stage_since),
                    ('held_at', old.held_at, new.held_at)) as c(name, was, changed)
      where c.was is distinct from c.changed;
  end if;

  -- by whatever door a task comes to be held, or is held no more
  if old.status <> new.status and new.status = 'held' then
    new.held_at := coalesce(new.held_at, now());
  elsif old.status <> new.status and old.status = 'held' then
    new.held_at := null; new.held_evidence := null;
  end if;

  if new.paused_at is not null and new.status not in ('queued', 'running', 'held') then
    new.paused_at := null;
  end if;
  if new.paused_at is null then
    new.paused_by := null; new.pause_reason := null;
  elsif old.paused_at is distinct from new.paused_at or old.status <> new.status then
    -- Who parks a parked task anew, by hand too, is who has parked it from then on.
    if old.paused_at <> new.paused_at and (new.paused_by, new.pause_reason) is not distinct from (old.paused_by, old.pause_reason) then
      new.paused_by := null; new.pause_reason := null;
    end if;
    new.paused_by := coalesce(new.paused_by, acting_person());
    new.pause_reason := coalesce(new.pause_reason, 'no reason given');
  end if;

  -- The mark of a probe is good for one run, however that ends, and so are the labels that a run was claimed with.
  if old.probe_of is not null and old.status <> new.status and new.status <> 'running' then
    new.probe_of := null;
  end if;
  if old.labels_at_claim is not null and (new.status <> 'running' or new.run_id is distinct from old.run_id) then
    new.labels_at_claim := null;
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION task_enters_lane()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.lane_id := lane_to_enter(new, false);
  return new;
end $function$;

CREATE OR REPLACE FUNCTION task_event_bears_witness()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.data := jsonb_build_object('cluster', to_jsonb(cluster_id()), 'labels', (
    select jsonb_strip_nulls(jsonb_build_object('agent_id', t.agent_id, 'skill', t.skill, 'quest_id', t.quest_id, 'actor_id', t.actor_id))
      from tasks t where t.id = new.task_id)) || coalesce(new.data, '{}');
  return new;
end $function$;

CREATE OR REPLACE FUNCTION task_event_is_added()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into task_event_rows (task_id, run_id, kind, at, by, data)
  values (new.task_id, new.run_id, new.kind, coalesce(new.at, now()), new."by", new.data)
  returning id into new.id;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION task_for_later()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.in_line := false;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION task_held_alert()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  who constant text := coalesce(current_setting('orchestra.who', true), '');
begin
  if old.status = 'held' or new.status <> 'held' or new.held_evidence is null then
    return null;
  end if;
  if who = '' then perform set_config('orchestra.who', coalesce(new.worker_id, ''), true); end if;
  insert into senate_alerts (kind, ref_id, severity, details)
  values ('task_held', new.actor_id, 'high', jsonb_build_object(
    'task_id', new.id::text, 'run_id', old.run_id, 'repo', new.repo, 'pipeline', new.pipeline, 'stage', new.stage, 'skill', new.skill,
    'worker', new.worker_id, 'outcome', new.last_outcome) || new.held_evidence);
  if who = '' then perform set_config('orchestra.who', '', true); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION task_is_between_stages(t tasks)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select t.status = 'queued' and t.paused_at is null and t.in_line and t.stage_since is not null $function$;

CREATE OR REPLACE FUNCTION task_is_counted()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
begin
  if tg_op = 'UPDATE' and not (
      old.status <> new.status
      and (old.status in ('succeeded', 'failed', 'cancelled') or new.status in ('succeeded', 'failed', 'cancelled'))) then
    return null;
  end if;
  insert into task_totals (succeeded, failed, cancelled)
  select coalesce(sum(c.counts) filter (where c.status = 'succeeded'), 0),
         coalesce(sum(c.counts) filter (where c.status = 'failed'), 0),
         coalesce(sum(c.counts) filter (where c.status = 'cancelled'), 0)
    from (values (case when tg_op <> 'INSERT' then old.status end, -1),
                 (case when tg_op <> 'DELETE' then new.status end, 1)) as c(status, counts);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION task_is_in_progress(t tasks)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select t.status in ('running', 'held') and t.paused_at is null $function$;

CREATE OR REPLACE FUNCTION task_is_parked()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.paused_at is null or new.status not in ('queued', 'running', 'held') then
    new.paused_at := null; new.paused_by := null; new.pause_reason := null;
    return new;
  end if;
  if tg_op = 'UPDATE' and old.paused_at is not null and new.paused_at <> old.paused_at
     and (new.paused_by, new.pause_reason) is not distinct from (old.paused_by, old.pause_reason) then
    new.paused_by := null; new.pause_reason := null;
  end if;
  new.paused_by := coalesce(new.paused_by, acting_person());
  new.pause_reason := coalesce(new.pause_reason, 'no reason given');
  return new;
end $function$;

CREATE OR REPLACE FUNCTION task_is_well_formed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  -- Nearly every row that is inserted: plain labels, an object, times that can be shown.
  if tg_op = 'INSERT'
     and labels_are_plain(new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id)
     and is_instant(new.next_eligible_at) and is_instant(new.created_at) and is_instant(new.started_at)
     and is_instant(new.heartbeat_at) and is_instant(new.paused_at) and is_instant(new.asked_at)
     and is_instant(new.answered_at) and is_instant(new.stage_since) and is_instant(new.held_at)
     and jsonb_typeof(new.payload) = 'object' then
    return new;
  end if;
  if tg_op = 'INSERT'
     or (new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id)
        is distinct from (old.repo, old.agent_id, old.skill, old.quest_id, old.actor_id) then
    new.repo := label_nfc(new.repo);
    new.agent_id := label_nfc(new.agent_id);
    new.skill := label_nfc(new.skill);
    new.quest_id := label_nfc(new.quest_id);
    new.actor_id := label_nfc(new.actor_id);
    if tg_op = 'INSERT' or new.repo is distinct from old.repo then
      perform refuse_label('tasks', 'repo', new.repo);
    end if;
    if tg_op = 'INSERT' or new.agent_id is distinct from old.agent_id then
      perform refuse_label('tasks', 'agent_id', new.agent_id);
    end if;
    if tg_op = 'INSERT' or new.skill is distinct from old.skill then
      perform refuse_label('tasks', 'skill', new.skill);
    end if;
    if tg_op = 'INSERT' or new.quest_id is distinct from old.quest_id then
      perform refuse_label('tasks', 'quest_id', new.quest_id);
    end if;
    if tg_op = 'INSERT' or new.actor_id is distinct from old.actor_id then
      perform refuse_label('tasks', 'actor_id', new.actor_id);
    end if;
  end if;
  if tg_op = 'INSERT' or new.next_eligible_at is distinct from old.next_eligible_at then
    if new.next_eligible_at = 'infinity' then new.next_eligible_at := '9999-12-31 23:59:59.999Z'; end if;
    perform refuse_instant('tasks', 'next_eligible_at', new.next_eligible_at);
  end if;
  if tg_op = 'INSERT' or new.created_at is distinct from old.created_at then
    perform refuse_instant('tasks', 'created_at', new.created_at);
  end if;
  if tg_op = 'INSERT' or new.started_at is distinct from old.started_at then
    perform refuse_instant('tasks', 'started_at', new.started_at);
  end if;
  if tg_op = 'INSERT' or new.heartbeat_at is distinct from old.heartbeat_at then
    perform refuse_instant('tasks', 'heartbeat_at', new.heartbeat_at);
  end if;
  if tg_op = 'INSERT' or new.paused_at is distinct from old.paused_at then
    perform refuse_instant('tasks', 'paused_at', new.paused_at);
  end if;
  if tg_op = 'INSERT' or new.asked_at is distinct from old.asked_at then
    perform refuse_instant('tasks', 'asked_at', new.asked_at);
  end if;
  if tg_op = 'INSERT' or new.answered_at is distinct from old.answered_at then
    perform refuse_instant('tasks', 'answered_at', new.answered_at);
  end if;
  if tg_op = 'INSERT' or new.stage_since is distinct from old.stage_since then
    perform refuse_instant('tasks', 'stage_since', new.stage_since);
  end if;
  if tg_op = 'INSERT' or new.held_at is distinct from old.held_at then
    perform refuse_instant('tasks', 'held_at', new.held_at);
  end if;
  if (tg_op = 'INSERT' or new.payload is distinct from old.payload) and jsonb_typeof(new.payload) <> 'object' then
    raise exception 'payload of tasks must be a JSON object, not %', jsonb_typeof(new.payload)
      using errcode = 'check_violation', table = 'tasks', column = 'payload', constraint = 'tasks_payload_is_an_object',
            hint = 'A worker is given an object: write {"value": …}.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION task_keeps_labels_of_run()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.status = 'running' and new.run_id is not distinct from old.run_id then
    new.labels_at_claim := coalesce(old.labels_at_claim, jsonb_strip_nulls(jsonb_build_object('agent_id', old.agent_id, 'skill', old.skill, 'quest_id', old.quest_id, 'actor_id', old.actor_id)));
  else
    new.labels_at_claim := null;
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION task_labels_are_known()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
begin
  insert into known_labels as k (kind, value, folded)
  select c.kind, c.value, label_folded(c.value)
    from (values ('actor', new.actor_id), ('agent', new.agent_id), ('quest', new.quest_id), ('skill', new.skill)) as c(kind, value)
   where c.value is not null
     -- Nearly always noted already, and then nobody waits for anybody.
     and not exists (select from known_labels o where o.kind = c.kind and o.value = c.value and o.seen_on >= current_date)
   order by c.kind, c.value
      on conflict (kind, value) do update set seen_on = excluded.seen_on where k.seen_on < excluded.seen_on;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION task_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.status = 'queued' and (
      old.status <> 'queued' or old.lane_id is null
      or (old.priority, old.repo, old.agent_id, old.skill, old.quest_id, old.actor_id)
         is distinct from (new.priority, new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id)) then
    new.lane_id := lane_to_enter(new, true);
  end if;
  if (old.repo is not null or new.repo is not null) and task_changes_at_gate(old, new) then
    perform set_config('orchestra.gates_change', 'on', true);
  end if;
  if new.status = 'queued' and old.status = 'queued' and new.paused_at is null and new.deferred_by is null
      and (old.paused_at is not null or new.next_eligible_at < old.next_eligible_at) then
    perform set_config('orchestra.lanes_change', 'on', true);
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION task_parking_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.paused_at is not null then
    insert into task_events (task_id, run_id, kind, by, data)
    values (new.id, new.run_id, 'parked', new.paused_by, jsonb_build_object('reason', new.pause_reason));
  else
    insert into task_events (task_id, run_id, kind, by, data)
    values (new.id, new.run_id, 'unparked', acting_person(), jsonb_build_object('reason', old.pause_reason, 'since', old.paused_at));
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION task_stage_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into task_events (task_id, run_id, kind, by, data)
  values (new.id, old.run_id, 'stage', coalesce(old.worker_id, acting_person()), jsonb_build_object(
    'pipeline', new.pipeline, 'from', old.stage, 'to', new.stage, 'outcome', new.last_outcome, 'skill', new.skill, 'status', new.status, 'attempt', old.attempt));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION task_totals_begin_anew()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
begin
  delete from task_totals;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION task_touches_gate()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform set_config('orchestra.gates_change', 'on', true);
  return case tg_op when 'DELETE' then old else new end;
end $function$;

CREATE OR REPLACE FUNCTION task_waits(t tasks)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select t.status = 'queued' and t.paused_at is null and t.in_line $function$;

CREATE OR REPLACE FUNCTION tasks_are_gone()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update repo_gates set in_progress = 0, waiting = 0, between_stages = 0, head_id = null, head_priority = null, head_has_begun = false,
         agent_id = null, skill = null, quest_id = null, actor_id = null;
  update task_horizon set id = 0, looked_to = 0, resets = resets + 1;
  update task_lanes set head = 0, returns = returns + 1, deferred_by = null, deferred_until = null, deferred_to = 0, deferred_left = null, deferred_again_at = null;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION tasks_are_uncounted()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
AS $function$
begin
  insert into task_totals (succeeded, failed, cancelled)
  select -count(*) filter (where o.status = 'succeeded'), -count(*) filter (where o.status = 'failed'), -count(*) filter (where o.status = 'cancelled')
    from old_tasks o
   where o.status in ('succeeded', 'failed', 'cancelled')
  having count(*) > 0;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION tasks_at_gates()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_nestloop TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_hashjoin TO 'on'
 SET jit TO 'off'
AS $function$
declare
  change record;
begin
  perform set_config('orchestra.gates_change', '', true);
  if tg_op = 'INSERT' then
    perform lock_gate(g.repo) from (select distinct n.repo collate "C" as repo from new_tasks n where n.repo is not null order by 1) g;
    for change in select n::tasks as now from new_tasks n where n.repo is not null loop
      perform count_at_gate((change.now).repo, change.now, task_waits(change.now), 0, task_waits(change.now)::int,
                            0, task_is_in_progress(change.now)::int, 0, task_is_between_stages(change.now)::int);
    end loop;
  elsif tg_op = 'DELETE' then
    perform lock_gate(g.repo) from (select distinct o.repo collate "C" as repo from old_tasks o where o.repo is not null and o.status in ('queued', 'running', 'held') order by 1) g;
    for change in select o::tasks as was from old_tasks o where o.repo is not null and o.status in ('queued', 'running', 'held') loop
      perform count_at_gate((change.was).repo, change.was, false, task_waits(change.was)::int, 0,
                            task_is_in_progress(change.was)::int, 0, task_is_between_stages(change.was)::int, 0);
    end loop;
  else
    perform lock_gate(g.repo)
       from (select distinct r.repo collate "C" as repo
               from old_tasks o
               join new_tasks n on n.id = o.id
              cross join lateral (values (o.repo), (n.repo)) r(repo)
              where task_changes_at_gate(o::tasks, n::tasks) and r.repo is not null
              order by 1) g;
    for change in
      select o::tasks as was, n::tasks as now
        from old_tasks o
        join new_tasks n on n.id = o.id
       where task_changes_at_gate(o::tasks, n::tasks)
    loop
      if (change.was).repo = (change.now).repo then
        perform count_at_gate((change.now).repo, change.now, task_waits(change.now), task_waits(change.was)::int, task_waits(change.now)::int,
                              task_is_in_progress(change.was)::int, task_is_in_progress(change.now)::int,
                              task_is_between_stages(change.was)::int, task_is_between_stages(change.now)::int);
        continue;
      end if;
      if (change.was).repo is not null then
        perform count_at_gate((change.was).repo, change.was, false, task_waits(change.was)::int, 0,
                              task_is_in_progress(change.was)::int, 0, task_is_between_stages(change.was)::int, 0);
      end if;
      if (change.now).repo is not null then
        perform count_at_gate((change.now).repo, change.now, task_waits(change.now), 0, task_waits(change.now)::int,
                              0, task_is_in_progress(change.now)::int, 0, task_is_between_stages(change.now)::int);
      end if;
    end loop;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION tasks_return_to_lanes()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_nestloop TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_hashjoin TO 'on'
 SET jit TO 'off'
AS $function$
declare
  come record;
begin
  perform set_config('orchestra.lanes_change', '', true);
  if tg_op = 'INSERT' then
    for come in
      select n.lane_id, min(n.id) as first, count(*) as returned
        from new_tasks n
       where n.status = 'queued'
       group by n.lane_id
       order by n.lane_id
    loop
      update task_lanes l
         set head = least(l.head, come.first), returns = l.returns + come.returned, deferred_to = least(l.deferred_to, come.first - 1)
       where l.id = come.lane_id and (l.head > come.first or come.first <= (select greatest(h.id, h.looked_to) from task_horizon h));
    end loop;
    return null;
  end if;
  for come in
    select n.lane_id, min(n.id) as first, count(*) as returned
      from new_tasks n
      join old_tasks o on o.id = n.id
     where n.status = 'queued'
       and (o.status <> 'queued' or o.lane_id is distinct from n.lane_id
            or (n.paused_at is null and n.deferred_by is null and (o.paused_at is not null or n.next_eligible_at < o.next_eligible_at)))
     group by n.lane_id
     order by n.lane_id
  loop
    update task_lanes l
       set head = least(l.head, come.first), returns = l.returns + come.returned, deferred_to = least(l.deferred_to, come.first - 1)
     where l.id = come.lane_id;
  end loop;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION why_not_owner(of_tasks bigint[], runs uuid[])
 RETURNS TABLE(found boolean, status text, run_id uuid, worker_id text, ended_as text, ended_at timestamp with time zone, ended_status text, next_eligible_at timestamp with time zone)
 LANGUAGE sql
 STABLE
AS $function$
  select t.id is not null, t.status, t.run_id, t.worker_id, coalesce(e.data ->> 'as', e.kind), e.at,
         e.data ->> 'status', (e.data ->> 'next_eligible_at')::timestamptz
    from unnest(of_tasks, runs) with ordinality as g(id, run_id, n)
    left join tasks t on t.id = g.id
    left join lateral (
         select e.kind, e.at, e.data from events_of_task(g.id) e
          where t.id is not null and e.run_id = g.run_id
            and e.kind in ('completed', 'failed', 'released', 'reaped', 'asked', 'held', 'retried', 'stopped')
          order by e.id desc limit 1) e on true
   order by g.n $function$;

CREATE OR REPLACE FUNCTION work_owner()
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$ select 'login ' || session_user $function$;
