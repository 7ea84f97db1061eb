-- Lets DBOS be attached. The code before this one attaches no such queue, and reads those that are attached.

alter table attachments drop constraint attachments_engine_check;
alter table attachments add constraint attachments_engine_check check (engine in ('graphile-worker', 'pg-boss', 'dbos', 'table'));
