-- depends: 0005_pre_survey_window
-- One person, several user ids: the account, and the anonymous users that it was before.
-- Links are resolved when read; no event is ever re-owned.
create table identity_links (
  anonymous_id uuid primary key,
  user_id uuid not null,
  linked_at timestamptz not null default now(),
  check (anonymous_id <> user_id)
);

create index identity_links_user on identity_links (user_id);

-- The account that a user id belongs to; itself where there is no link.
create function person_of(id uuid) returns uuid
language sql stable parallel safe
as $$
  select coalesce((select user_id from identity_links where anonymous_id = id), id)
$$;

-- All user ids of the same person, the account's own first.
create function user_ids_of(id uuid) returns setof uuid
language sql stable parallel safe
as $$
  select person_of(id)
  union all
  select anonymous_id from identity_links where user_id = person_of(id)
$$;
