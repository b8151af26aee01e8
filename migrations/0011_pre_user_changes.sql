-- depends: 0006_pre_identity
-- What every worker must hear of within two seconds besides content: the users of whom
-- something became known, went away or was linked.
--
-- No number is counted up here, as it is for content: its row would stay locked until a
-- nightly write of all personas commits, and every sign-in would wait for that.  A reader
-- tells PostgreSQL instead which transactions it has seen, and gets the rows of the others.
create table user_changes (
  tx_id xid8 not null default pg_current_xact_id(),
  -- null: everybody
  user_id uuid,
  noted_at timestamptz not null default now()
);

create index user_changes_tx_id on user_changes (tx_id);
create index user_changes_noted_at on user_changes (noted_at);

-- Notes that workers must forget what they know of these users (null: of everybody), and
-- clears away what every worker has read long ago.  A row that somebody else is clearing
-- away is left to them: nobody waits.
create function note_user_changes(ids uuid[]) returns void
language sql volatile
as $$
  insert into user_changes (user_id) select unnest(ids);
  delete from user_changes
  where ctid = any (array(
    select ctid
    from user_changes
    where noted_at < now() - interval '1 hour'
    limit 1000
    for update skip locked
  ));
$$;

create function note_user_change(id uuid) returns void
language sql volatile
as $$
  select note_user_changes(array[id])
$$;

-- More users than this in one statement count as everybody: a table's trigger hands over
-- its list of the users with one more.
create function note_changed_rows(ids uuid[]) returns void
language sql volatile
as $$
  select note_user_changes(
    case when cardinality(ids) > 1000 then array[null::uuid] else ids end
  )
  where cardinality(ids) > 0
$$;

-- The triggers of both tables: PostgreSQL wants one for each kind of statement, and one
-- function for each shape of the transition tables.
create function note_new_personas() returns trigger
language plpgsql
as $$
begin
  perform note_changed_rows(array(select user_id from new_rows limit 1001));
  return null;
end
$$;

create function note_changed_personas() returns trigger
language plpgsql
as $$
begin
  perform note_changed_rows(array(
    (select user_id from new_rows union select user_id from old_rows) limit 1001
  ));
  return null;
end
$$;

create function note_old_personas() returns trigger
language plpgsql
as $$
begin
  perform note_changed_rows(array(select user_id from old_rows limit 1001));
  return null;
end
$$;

create function note_new_links() returns trigger
language plpgsql
as $$
begin
  perform note_changed_rows(array(
    (select anonymous_id from new_rows union select user_id from new_rows) limit 1001
  ));
  return null;
end
$$;

create function note_changed_links() returns trigger
language plpgsql
as $$
begin
  perform note_changed_rows(array(
    (
      select anonymous_id from new_rows union select user_id from new_rows
      union select anonymous_id from old_rows union select user_id from old_rows
    ) limit 1001
  ));
  return null;
end
$$;

create function note_old_links() returns trigger
language plpgsql
as $$
begin
  perform note_changed_rows(array(
    (select anonymous_id from old_rows union select user_id from old_rows) limit 1001
  ));
  return null;
end
$$;

create function note_everybody() returns trigger
language plpgsql
as $$
begin
  perform note_user_change(null);
  return null;
end
$$;

create trigger user_personas_note_insert
  after insert on user_personas
  referencing new table as new_rows
  for each statement execute function note_new_personas();

create trigger user_personas_note_update
  after update on user_personas
  referencing old table as old_rows new table as new_rows
  for each statement execute function note_changed_personas();

create trigger user_personas_note_delete
  after delete on user_personas
  referencing old table as old_rows
  for each statement execute function note_old_personas();

create trigger user_personas_note_truncate
  after truncate on user_personas
  for each statement execute function note_everybody();

create trigger identity_links_note_insert
  after insert on identity_links
  referencing new table as new_rows
  for each statement execute function note_new_links();

create trigger identity_links_note_update
  after update on identity_links
  referencing old table as old_rows new table as new_rows
  for each statement execute function note_changed_links();

create trigger identity_links_note_delete
  after delete on identity_links
  referencing old table as old_rows
  for each statement execute function note_old_links();

create trigger identity_links_note_truncate
  after truncate on identity_links
  for each statement execute function note_everybody();

-- A persona is no content: it must not make every worker read all tutorials again.
drop trigger user_personas_bump_content_version on user_personas;

-- The persona of the person behind a user id: the account's, else the id's own, else the
-- newest of the person's other ids.  No row where nothing is known.
-- Here and below PL/pgSQL, because it keeps its plans: planning takes five times as long
-- as the look-up, and statements prepared by a client do not live behind a pooler.
create function persona_of(id uuid) returns table (persona text, confidence numeric)
language plpgsql stable parallel safe
as $$
declare
  account uuid := person_of(id);
begin
  return query
  select p.persona, p.confidence
  from user_ids_of(id) as same (user_id)
  join user_personas as p on p.user_id = same.user_id
  where p.persona <> ''
  order by p.user_id = account desc, p.user_id = id desc, p.updated_at desc nulls last
  limit 1;
end
$$;

-- All that is known of the person behind a user id: persona, the anonymous user that was
-- linked first, the id's own variants of these experiments, and those of the person: the
-- account's, else what any of its ids got first.
create function person_seen_by(id uuid, experiment_ids text[]) returns table (
  persona text, confidence numeric, first_anonymous_id uuid, own jsonb, shared jsonb
)
language plpgsql stable parallel safe
as $$
declare
  account uuid := person_of(id);
  ids uuid[] := array(select user_ids_of(id));
begin
  select p.persona, p.confidence into persona, confidence from persona_of(id) as p;
  select jsonb_object_agg(a.experiment_id, a.variant_id) into own
  from tutorial_assignments as a
  where a.user_id = id
    and a.experiment_id = any (experiment_ids)
    and a.variant_id is not null;
  if cardinality(ids) > 1 then
    select l.anonymous_id into first_anonymous_id
    from identity_links as l
    where l.user_id = account
    order by l.linked_at, l.anonymous_id
    limit 1;
    select jsonb_object_agg(earliest.experiment_id, earliest.variant_id) into shared
    from (
      select distinct on (a.experiment_id) a.experiment_id, a.variant_id
      from tutorial_assignments as a
      where a.user_id = any (ids)
        and a.experiment_id = any (experiment_ids)
        and a.variant_id is not null
      order by
        a.experiment_id, a.user_id = account desc, a.assigned_at, a.user_id
    ) as earliest;
  end if;
  return next;
end
$$;

-- Product usage that personas are built from (DESIGN sections 4 and 6).
create table user_activity (
  user_id uuid not null,
  event_id uuid not null,
  name text not null,
  occurred_at timestamptz not null,
  properties jsonb not null default '{}',
  received_at timestamptz not null default now(),
  primary key (user_id, event_id)
);

-- How an experiment assigns, so that a device can do it offline.  Specification 4.1 has no
-- salt and takes everybody in.
alter table tutorial_experiments
  add column algorithm text not null default 'spec-v1' check (algorithm = 'spec-v1'),
  add column salt text check (algorithm <> 'spec-v1' or salt is null),
  add column epoch int not null default 1 check (epoch >= 1),
  add column coverage int not null default 10000 check (
    coverage between 0 and 10000 and (algorithm <> 'spec-v1' or coverage = 10000)
  );
