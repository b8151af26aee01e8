-- depends: 0014_pre_usage
-- Personas as versions: each night's are written beside those that are served, and take
-- their place in one moment.

alter table user_personas
  -- held: the model says another one, but so little that the user keeps it
  add column source text not null default 'model' check (source in ('model', 'held', 'rule')),
  add column model_version bigint;

-- Written by a refit, before they are served.
create table user_personas_next (like user_personas including all);
-- Served before; a rollback serves them again.
create table user_personas_previous (like user_personas including all);

create table persona_models (
  version bigint generated always as identity primary key,
  -- loading: at work, or killed; ready: in user_personas_next; previous: in
  -- user_personas_previous; refused: kept a bound not, and was never written
  status text not null default 'loading' check (status in (
    'loading', 'abandoned', 'refused', 'ready', 'served', 'previous', 'retired'
  )),
  source text not null default 'model' check (source in ('model', 'rule')),
  begun_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  served_at timestamptz,
  seed bigint not null,
  -- which key turned the embeddings
  rotation text not null,
  -- of the logarithms of the features, and the four scaled centres one behind the other,
  -- in the order of the names
  mean float8[] check (cardinality(mean) = 32),
  deviation float8[] check (cardinality(deviation) = 32),
  centres float8[] check (cardinality(centres) = 128),
  names text[] check (cardinality(names) = 4),
  metrics jsonb not null default '{}',
  faults text[] not null default '{}'
);

-- there is one table for each
create unique index persona_models_place on persona_models (status)
where status in ('ready', 'served', 'previous');

-- One row: whether new models wait until somebody lets them go.
create table persona_hold (
  is_only boolean primary key default true check (is_only),
  is_held boolean not null default false,
  changed_at timestamptz not null default now()
);
insert into persona_hold default values;

-- The same triggers on all three tables, which trade places; only those of the table that
-- is served are at work (see place_personas).
create trigger user_personas_note_insert
  after insert on user_personas_next
  referencing new table as new_rows
  for each statement execute function note_new_personas();
create trigger user_personas_note_update
  after update on user_personas_next
  referencing old table as old_rows new table as new_rows
  for each statement execute function note_changed_personas();
create trigger user_personas_note_delete
  after delete on user_personas_next
  referencing old table as old_rows
  for each statement execute function note_old_personas();
create trigger user_personas_note_truncate
  after truncate on user_personas_next
  for each statement execute function note_everybody();

create trigger user_personas_note_insert
  after insert on user_personas_previous
  referencing new table as new_rows
  for each statement execute function note_new_personas();
create trigger user_personas_note_update
  after update on user_personas_previous
  referencing old table as old_rows new table as new_rows
  for each statement execute function note_changed_personas();
create trigger user_personas_note_delete
  after delete on user_personas_previous
  referencing old table as old_rows
  for each statement execute function note_old_personas();
create trigger user_personas_note_truncate
  after truncate on user_personas_previous
  for each statement execute function note_everybody();

alter table user_personas_next disable trigger user;
alter table user_personas_previous disable trigger user;

-- Renames one of the tables of personas together with its key.
create function rename_personas(old_name text, new_name text) returns void
language plpgsql
as $$
begin
  execute format('alter table %I rename to %I', old_name, new_name);
  execute format(
    'alter table %I rename constraint %I to %I',
    new_name, old_name || '_pkey', new_name || '_pkey'
  );
end
$$;

-- Puts the triggers to work on the table that is served, and tells every worker to forget
-- what it knows.
create function place_personas() returns void
language plpgsql
as $$
begin
  alter table user_personas enable trigger user;
  alter table user_personas_next disable trigger user;
  alter table user_personas_previous disable trigger user;
  perform note_user_change(null);
end
$$;

-- Serves the personas that are ready, in the moment in which the transaction commits, and
-- returns their version; null if none are ready.  Those that were served stay for a
-- rollback, those before them go.
--
-- Tables are locked in the order of an erasure (sync_server/privacy/holdings.py).  Of whom
-- was erased while the refit was at work, it may have brought something back.
create function serve_next_personas() returns bigint
language plpgsql
as $$
declare
  next_version bigint;
  begun timestamptz;
begin
  lock table user_personas, user_personas_next, user_personas_previous
    in access exclusive mode;
  select version, begun_at into next_version, begun
  from persona_models
  where status = 'ready';
  if not found then
    return null;
  end if;
  delete from user_personas_next as n
  using erasures as e, erased_users as u
  where n.user_id = e.user_id
    and u.user_hash = user_hash_of(e.user_id)
    -- an erasure that was at work when the refit began
    and u.erased_at > begun - interval '1 hour';
  truncate user_personas_previous;
  perform rename_personas('user_personas_previous', 'user_personas_oldest');
  perform rename_personas('user_personas', 'user_personas_previous');
  perform rename_personas('user_personas_next', 'user_personas');
  perform rename_personas('user_personas_oldest', 'user_personas_next');
  perform place_personas();
  update persona_models set status = 'retired' where status = 'previous';
  update persona_models set status = 'previous' where status = 'served';
  update persona_models
  set status = 'served', served_at = clock_timestamp()
  where version = next_version;
  return next_version;
end
$$;

-- Serves the personas of before the last switch again, holds new ones, and returns the
-- version; null if there is none.  Twice leads back to where it began.
create function serve_previous_personas() returns bigint
language plpgsql
as $$
declare
  previous_version bigint;
begin
  lock table user_personas, user_personas_next, user_personas_previous
    in access exclusive mode;
  select version into previous_version
  from persona_models
  where status = 'previous';
  if not found then
    return null;
  end if;
  perform rename_personas('user_personas', 'user_personas_oldest');
  perform rename_personas('user_personas_previous', 'user_personas');
  perform rename_personas('user_personas_oldest', 'user_personas_previous');
  perform place_personas();
  update persona_models set status = 'retired' where version = previous_version;
  update persona_models set status = 'previous' where status = 'served';
  update persona_models
  set status = 'served', served_at = clock_timestamp()
  where version = previous_version;
  update persona_hold set is_held = true, changed_at = clock_timestamp();
  return previous_version;
end
$$;

-- As in 0011, and by what the persona is told.
drop function persona_of(uuid);
create function persona_of(id uuid) returns table (
  persona text, confidence numeric, source text
)
language plpgsql stable parallel safe
as $$
declare
  account uuid := person_of(id);
begin
  return query
  select p.persona, p.confidence, p.source
  from user_ids_of(id) as same (user_id)
  join user_personas as p on p.user_id = same.user_id
  where p.persona <> ''
  order by p.user_id = account desc, p.user_id = id desc, p.updated_at desc nulls last
  limit 1;
end
$$;

-- The persona that a user had when they were assigned: what an experiment counts by, however
-- often the user changes.
alter table tutorial_assignments add column persona text;

-- As in 0011, with the source.
drop function person_seen_by(uuid, text[]);
create function person_seen_by(id uuid, experiment_ids text[]) returns table (
  persona text, confidence numeric, source text, first_anonymous_id uuid, own jsonb,
  shared jsonb
)
language plpgsql stable parallel safe
as $$
declare
  account uuid := person_of(id);
  ids uuid[] := array(select user_ids_of(id));
begin
  select p.persona, p.confidence, p.source into persona, confidence, source
  from persona_of(id) as p;
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
