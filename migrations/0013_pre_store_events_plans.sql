-- depends: 0012_pre_store_events
-- The same answers as before for a part of the cost.  Each step is a statement of its own
-- whose plan is made once, whatever the tables hold at that moment: the one large statement
-- was planned anew for every call, and planned while the tables were small it read them
-- from end to end for every completed step once they had grown.
--
-- Stores the events of one user or of several, all or nothing, and returns the places,
-- from 0, of those that were not stored.  No event may stand in it twice, and no two with
-- points for the same step of a user.
-- The key (user_id, event_id) drops those that are stored already.  A variant that the
-- device did not tell is the stored assignment.  What happened before a user was erased is
-- left out; an erasure waits for this statement or this statement for it.
-- PL/pgSQL, because it keeps its plans: planning takes longer than storing one event, and
-- statements prepared by a client do not live behind a pooler.
create or replace function store_events(
  user_ids uuid[], event_ids uuid[], occurred_ats timestamptz[], tutorial_ids text[],
  step_ids text[], variant_ids text[], personas text[], statuses text[],
  durations_ms int[], device_ids uuid[], seqs bigint[], run_ids uuid[],
  tutorial_versions int[], experiment_ids text[], points int[]
) returns setof int
language plpgsql
-- a plan made while a table was small must serve when it is not
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  senders uuid[] := user_ids[1:1];
  sender uuid;
  is_any_erased boolean;
  stored_count bigint;
begin
  if user_ids[1] <> any (user_ids) then
    -- in order, so that two statements wait for each other and never crosswise
    senders := array(select distinct u.id from unnest(user_ids) as u (id) order by u.id);
  end if;
  foreach sender in array senders loop
    perform pg_advisory_xact_lock_shared(1701994867, uuid_hash(sender));
  end loop;
  -- after the locks, with a snapshot of its own
  is_any_erased := exists (
    select from erased_users
    where user_hash = any (array(select user_hash_of(s.id) from unnest(senders) as s (id)))
  );
  insert into tutorial_step_events (
    user_id, event_id, occurred_at, tutorial_id, step_id, variant_id, persona, status,
    duration_ms, device_id, seq, run_id, tutorial_version
  )
  select
    user_id, event_id, coalesce(occurred_at, now()), tutorial_id, step_id,
    coalesce(
      variant_id,
      (
        select a.variant_id
        from tutorial_assignments as a
        where a.user_id = u.user_id
          and a.experiment_id = u.experiment_id
      )
    ),
    persona, status, duration_ms, device_id, seq, run_id, tutorial_version
  from unnest(
    user_ids, event_ids, occurred_ats, tutorial_ids, step_ids, variant_ids, personas,
    statuses, durations_ms, device_ids, seqs, run_ids, tutorial_versions, experiment_ids
  ) as u (
    user_id, event_id, occurred_at, tutorial_id, step_id, variant_id, persona, status,
    duration_ms, device_id, seq, run_id, tutorial_version, experiment_id
  )
  where not is_any_erased
    or coalesce(occurred_at, now()) > coalesce(
      (
        select e.erased_at
        from erased_users as e
        where e.user_hash = user_hash_of(u.user_id)
      ),
      '-infinity'
    )
  on conflict (user_id, event_id) do nothing;
  get diagnostics stored_count = row_count;

  if stored_count < cardinality(event_ids) then
    -- the new ones are those of this very transaction
    return query
    select cast(u.position - 1 as int)
    from unnest(user_ids, event_ids) with ordinality as u (user_id, event_id, position)
    where (
      select e.tx_id
      from tutorial_step_events as e
      where e.user_id = u.user_id
        and e.event_id = u.event_id
    ) is distinct from pg_current_xact_id();
  end if;

  -- An event whose id is taken by another one, or that was left out, pays nothing.  One that
  -- was stored before may carry what a new one beside it earns.  The greatest points stay:
  -- the order of delivery must not matter.  A step that pays no more than before is not
  -- even locked.
  if stored_count > 0 and array_remove(points, null) <> '{}' then
    insert into xp_awards (user_id, tutorial_id, step_id, rule, points, event_id)
    select user_id, tutorial_id, step_id, 'step_completed', points, event_id
    from unnest(user_ids, event_ids, tutorial_ids, step_ids, points)
      as u (user_id, event_id, tutorial_id, step_id, points)
    where points is not null
      and points > coalesce(
        (
          select paid.points
          from xp_awards as paid
          where paid.user_id = u.user_id
            and paid.tutorial_id = u.tutorial_id
            and paid.step_id = u.step_id
            and paid.rule = 'step_completed'
        ),
        -1
      )
      and (
        stored_count = cardinality(event_ids)
        or (
          select (e.tutorial_id, e.step_id, e.status)
            = (u.tutorial_id, u.step_id, 'completed')
          from tutorial_step_events as e
          where e.user_id = u.user_id
            and e.event_id = u.event_id
        )
      )
    order by user_id, tutorial_id, step_id
    on conflict (user_id, tutorial_id, step_id, rule) do update
    set points = excluded.points, event_id = excluded.event_id
    where xp_awards.points < excluded.points;
  end if;
end
$$;
