-- depends: 0006_pre_identity
-- Users who were erased, as hashes: what a device delivers late, and what happened before
-- the erasure, is not stored again.  The hash has no key: it must outlive every key of the
-- server, and a UUID has too many possible values to be guessed from it.
create table erased_users (
  user_hash bytea primary key,
  erased_at timestamptz not null
);

create function user_hash_of(id uuid) returns bytea
language sql immutable parallel safe
as $$
  select sha256('kazi-tutorial erased user'::bytea || uuid_send(id))
$$;

-- When the user was erased, null if never.  Call it in the transaction that stores
-- something of the user, before it writes.  An erasure and the call exclude each other
-- until the end of both transactions; the row is read after that wait, with a snapshot of
-- its own, because the function is volatile.  So what is stored was either stored before
-- the erasure began, which then deletes it, or knows of the erasure.
create function erased_at_of(id uuid) returns timestamptz
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock_shared(1701994867, uuid_hash(id));
  return (select erased_at from erased_users where user_hash = user_hash_of(id));
end
$$;

-- Waits until nobody stores anything of the user, and notes the erasure.  Its time is that
-- after the wait.
create function begin_erasure(id uuid) returns void
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock(1701994867, uuid_hash(id));
  insert into erased_users (user_hash, erased_at)
  values (user_hash_of(id), clock_timestamp())
  on conflict (user_hash) do update set erased_at = excluded.erased_at;
end
$$;

-- What the event bus is still to be told.  The user id goes some days after it was told.
create table erasures (
  id bigint generated always as identity primary key,
  user_id uuid not null,
  requested_at timestamptz not null default now(),
  published_at timestamptz
);

create unique index erasures_unpublished on erasures (user_id) where published_at is null;

-- Who did what with personal data, without any: the subject is a keyed hash of a user id.
create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  action text not null,
  actor text not null,
  subject_hash bytea,
  details jsonb not null default '{}'
);

create index audit_log_subject on audit_log (subject_hash) where subject_hash is not null;
