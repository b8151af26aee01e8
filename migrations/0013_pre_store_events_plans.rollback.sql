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
as $$
#variable_conflict use_column
begin
  return query
  with senders as materialized (
    select u.user_id, coalesce(erased_at_of(u.user_id), '-infinity') as erased_at
    from (
      -- in order, so that two statements wait for each other and never crosswise
      select distinct user_id from unnest(user_ids) as u (user_id) order by user_id
    ) as u
  ), batch as (
    select u.*, senders.erased_at
    from unnest(
      user_ids, event_ids, occurred_ats, tutorial_ids, step_ids, variant_ids, personas,
      statuses, durations_ms, device_ids, seqs, run_ids, tutorial_versions,
      experiment_ids, points
    ) with ordinality as u (
      user_id, event_id, occurred_at, tutorial_id, step_id, variant_id, persona, status,
      duration_ms, device_id, seq, run_id, tutorial_version, experiment_id, points,
      position
    )
    join senders using (user_id)
  ), stored as (
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
          where a.user_id = batch.user_id
            and a.experiment_id = batch.experiment_id
        )
      ),
      persona, status, duration_ms, device_id, seq, run_id, tutorial_version
    from batch
    where coalesce(occurred_at, now()) > erased_at
    order by position
    on conflict (user_id, event_id) do nothing
    returning user_id, event_id
  ), awards as (
    -- An event that is stored already has paid already, and pays for nothing else: its id
    -- is taken.  The greatest points stay: the order of delivery must not matter.  A step
    -- that pays no more than before is not even locked.
    insert into xp_awards (user_id, tutorial_id, step_id, rule, points, event_id)
    select user_id, tutorial_id, step_id, 'step_completed', points, event_id
    from batch
    where points is not null
      and coalesce(occurred_at, now()) > erased_at
      and not exists (
        select
        from xp_awards as paid
        where paid.user_id = batch.user_id
          and paid.tutorial_id = batch.tutorial_id
          and paid.step_id = batch.step_id
          and paid.rule = 'step_completed'
          and paid.points >= batch.points
      )
      and not exists (
        select
        from tutorial_step_events as taken
        where taken.user_id = batch.user_id
          and taken.event_id = batch.event_id
          and (taken.tutorial_id, taken.step_id, taken.status)
            is distinct from (batch.tutorial_id, batch.step_id, 'completed')
      )
    order by user_id, tutorial_id, step_id
    on conflict (user_id, tutorial_id, step_id, rule) do update
    set points = excluded.points, event_id = excluded.event_id
    where xp_awards.points < excluded.points
  )
  select cast(batch.position - 1 as int)
  from batch
  left join stored using (user_id, event_id)
  where stored.event_id is null;
end
$$;
