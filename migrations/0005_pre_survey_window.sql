-- depends: 0004_pre_event_delivery
-- One answer per user in 30 days (specification 2.5), held by the database: whatever
-- arrives at the same instant, one row stands.  A range over uuid has a GiST class of its
-- own, which spares the extension btree_gist.
create type uuidrange as range (subtype = uuid);

alter table tutorial_surveys
  add column submission_id uuid not null default gen_random_uuid(),
  add column occurred_at timestamptz not null default now(),
  add column window_ends_at timestamptz not null default now() + interval '30 days',
  add column complete boolean not null default true,
  add constraint tutorial_surveys_once unique (user_id, submission_id),
  add constraint tutorial_surveys_window_is_positive check (window_ends_at > occurred_at),
  add constraint tutorial_surveys_one_per_window
    exclude using gist (
      uuidrange(user_id, user_id, '[]') with &&,
      tstzrange(occurred_at, window_ends_at) with &&
    )
    where (user_id is not null);
