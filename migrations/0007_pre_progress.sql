-- depends: 0006_pre_identity
-- What a tutorial is worth and when it may start, per version like all that users get.
alter table tutorial_versions
  add column xp int not null default 0,
  add column rules jsonb;

-- Every award once per business key; the sum of a person's is its XP, and the steps in it
-- are the steps completed ever, whatever retention does to the events.  No foreign key: the
-- event may be gone.
create table xp_awards (
  user_id uuid not null,
  tutorial_id text not null,
  -- '' for the rule that is about the whole tutorial
  step_id text not null,
  rule text not null check (rule in ('step_completed', 'tutorial_completed')),
  points int not null check (points >= 0),
  event_id uuid,
  awarded_at timestamptz not null default now(),
  primary key (user_id, tutorial_id, step_id, rule)
);

-- A last-writer-wins register per user id and tutorial, ordered by a hybrid logical clock,
-- beside the furthest step that was ever put.  Steps compare as bytes: the order must not
-- depend on a locale.
create table progress (
  user_id uuid not null,
  tutorial_id text not null,
  step_id text collate "C" not null,
  position int not null,
  run_id uuid,
  finished boolean not null,
  wall_ms bigint not null,
  counter int not null,
  device_id uuid not null,
  furthest_step_id text collate "C" not null,
  furthest_position int not null,
  updated_at timestamptz not null default now(),
  primary key (user_id, tutorial_id)
);
