-- depends: 0003_pre_content_version
-- What makes a ping deliverable any number of times and countable once.  The key leads
-- with the user: nobody can burn another user's ids, and Citus can distribute by it.
alter table tutorial_step_events
  add column event_id uuid not null default gen_random_uuid(),
  add column occurred_at timestamptz not null default now(),
  add column device_id uuid,
  add column seq bigint,
  add column run_id uuid,
  add column tutorial_version int,
  add column tx_id xid8 not null default pg_current_xact_id(),
  add constraint tutorial_step_events_once unique (user_id, event_id);
