-- depends: 0013_pre_store_events_plans
-- What users did, counted: rows of events become counters per day, those become the 32
-- features of a person.  docs/personas.md says what each feature is for.

-- What the event is to a persona, as the server read it off the name and the properties;
-- tx_id says which events have been counted.
alter table user_activity
  add column kind text not null default 'other' check (kind in (
    'project_created', 'task_completed', 'invoice_sent', 'export_made', 'ai_call',
    'invite_sent', 'invite_accepted', 'pm_feature_used', 'message_sent', 'other'
  )),
  add column amount int not null default 1 check (amount between 1 and 10000),
  add column members int check (members between 1 and 10000),
  add column tx_id xid8 not null default pg_current_xact_id();

-- A link makes two users one person, whose features are computed again.
alter table identity_links
  add column tx_id xid8 not null default pg_current_xact_id();

create index user_activity_tx_id on user_activity (tx_id);
create index tutorial_step_events_tx_id on tutorial_step_events (tx_id);
create index identity_links_tx_id on identity_links (tx_id);

-- Counters of a user id on one day (UTC).  They stay at 10,000: a runaway client is no
-- heavy user.  The key leads with the user, so that a person's days are one index scan.
create table user_days (
  user_id uuid not null,
  day date not null,
  events int not null default 0,
  ai_calls int not null default 0,
  solo_projects int not null default 0,
  shared_projects int not null default 0,
  largest_project_members int not null default 0,
  tasks_completed int not null default 0,
  invoices_sent int not null default 0,
  exports_made int not null default 0,
  invites_sent int not null default 0,
  invites_accepted int not null default 0,
  pm_feature_uses int not null default 0,
  messages_sent int not null default 0,
  steps_started int not null default 0,
  steps_completed int not null default 0,
  steps_skipped int not null default 0,
  steps_dismissed int not null default 0,
  -- completed steps that told how long they took, and their sum
  steps_timed int not null default 0,
  steps_ms bigint not null default 0,
  primary key (user_id, day)
);

-- The ends of what a user id ever did.
create table user_spans (
  user_id uuid primary key,
  first_at timestamptz not null,
  last_at timestamptz not null,
  -- the first project, task, invoice, export or AI call; null: none yet
  first_value_at timestamptz,
  -- the features of the person do not say it all yet
  is_stale boolean not null default true
);

create index user_spans_stale on user_spans (user_id) where is_stale;

-- The features of a person, under the id of the account.  A pgvector refuses NaN, and a
-- binary COPY of it takes half of the time of an array's.
create table user_features (
  user_id uuid primary key,
  last_day date not null,
  features vector(32) not null
) with (fillfactor = 90);

-- One row: events of transactions before this one have been counted.
create table usage_counting (
  is_only boolean primary key default true check (is_only),
  counted_tx xid8 not null default '0'
);
insert into usage_counting default values;

-- The features of these persons (ids of accounts), computed from their days; no row for
-- who never did anything.  sync_server/personas/features.py names them in
-- this order.
--
-- All ids of a person count as one.  A window ends with the person's last day, so nothing
-- here depends on when it is asked.
--
-- Person by person, each by the keys: tables that were filled a moment ago have no
-- statistics, and a join of the whole list took hours then.
create function features_of(persons uuid[]) returns table (
  user_id uuid, last_day date, features vector(32)
)
language sql stable parallel safe
as $$
  select
    p.id,
    spans.last_day,
    cast(array[
      coalesce(
        least(extract(epoch from spans.first_value_at - spans.first_at) / 3600, 672),
        672
      ),
      least(
        spans.last_day - cast(spans.first_at at time zone 'UTC' as date), 365
      ),
      active_days,
      active_weeks,
      active_days_last_week,
      weekend_days / active_days,
      events / active_days,
      events_peak_day,
      coalesce(recent_events / nullif(events, 0), 0),
      ai_calls / active_days,
      ai_calls_peak_day,
      ai_active_days,
      ai_heavy_days,
      coalesce(ai_calls / nullif(events, 0), 0),
      solo_projects,
      tasks_completed,
      invoices_sent,
      exports_made,
      shared_projects,
      coalesce(shared_projects / nullif(shared_projects + solo_projects, 0), 0),
      largest_project_members,
      invites_sent,
      invites_accepted,
      pm_feature_uses,
      pm_active_days,
      messages_sent,
      steps_started,
      steps_completed,
      coalesce(
        steps_completed
          / nullif(steps_completed + steps_skipped + steps_dismissed, 0),
        0
      ),
      steps_skipped,
      steps_dismissed,
      coalesce(steps_ms / nullif(steps_timed, 0) / 1000, 0)
    ] as vector(32))
  from unnest(persons) as p (id)
  cross join lateral (
    select array_append(
      array(select l.anonymous_id from identity_links as l where l.user_id = p.id), p.id
    ) as ids
    offset 0  -- once for both that use it
  ) as same
  cross join lateral (
    select
      min(s.first_at) as first_at,
      min(s.first_value_at) as first_value_at,
      cast(max(s.last_at) at time zone 'UTC' as date) as last_day
    from user_spans as s
    where s.user_id = any (same.ids)
  ) as spans
  cross join lateral (
    select
      cast(count(*) filter (where age < 28) as float8) as active_days,
      bit_count(bit_or(cast(1 << (age / 7) as bit(4))) filter (where age < 28))
        as active_weeks,
      count(*) filter (where age < 7) as active_days_last_week,
      count(*) filter (where age < 28 and extract(isodow from day) > 5)
        as weekend_days,
      sum(events) filter (where age < 28) as events,
      max(events) filter (where age < 28) as events_peak_day,
      sum(events) filter (where age < 14) as recent_events,
      sum(ai_calls) filter (where age < 28) as ai_calls,
      max(ai_calls) filter (where age < 28) as ai_calls_peak_day,
      count(*) filter (where age < 28 and ai_calls > 0) as ai_active_days,
      count(*) filter (where age < 28 and ai_calls >= 30) as ai_heavy_days,
      sum(solo_projects) as solo_projects,
      sum(tasks_completed) as tasks_completed,
      sum(invoices_sent) as invoices_sent,
      sum(exports_made) as exports_made,
      sum(shared_projects) as shared_projects,
      max(largest_project_members) as largest_project_members,
      sum(invites_sent) as invites_sent,
      sum(invites_accepted) as invites_accepted,
      sum(pm_feature_uses) as pm_feature_uses,
      count(*) filter (where age < 28 and pm_feature_uses > 0) as pm_active_days,
      sum(messages_sent) as messages_sent,
      sum(steps_started) as steps_started,
      sum(steps_completed) as steps_completed,
      sum(steps_skipped) as steps_skipped,
      sum(steps_dismissed) as steps_dismissed,
      sum(steps_timed) as steps_timed,
      sum(steps_ms) as steps_ms
    from (
      -- What several ids of a person did on one day is that day's.  Doubles keep whole
      -- numbers exact and add up faster than numeric.
      select
        d.day,
        spans.last_day - d.day as age,
        cast(sum(d.events) as float8) as events,
        cast(sum(d.ai_calls) as float8) as ai_calls,
        cast(sum(d.solo_projects) as float8) as solo_projects,
        cast(sum(d.shared_projects) as float8) as shared_projects,
        max(d.largest_project_members) as largest_project_members,
        cast(sum(d.tasks_completed) as float8) as tasks_completed,
        cast(sum(d.invoices_sent) as float8) as invoices_sent,
        cast(sum(d.exports_made) as float8) as exports_made,
        cast(sum(d.invites_sent) as float8) as invites_sent,
        cast(sum(d.invites_accepted) as float8) as invites_accepted,
        cast(sum(d.pm_feature_uses) as float8) as pm_feature_uses,
        cast(sum(d.messages_sent) as float8) as messages_sent,
        cast(sum(d.steps_started) as float8) as steps_started,
        cast(sum(d.steps_completed) as float8) as steps_completed,
        cast(sum(d.steps_skipped) as float8) as steps_skipped,
        cast(sum(d.steps_dismissed) as float8) as steps_dismissed,
        cast(sum(d.steps_timed) as float8) as steps_timed,
        cast(sum(d.steps_ms) as float8) as steps_ms
      from user_days as d
      where d.user_id = any (same.ids)
        and d.day > spans.last_day - 90
        and d.day <= spans.last_day
      group by d.day
    ) as days
    -- a retention that is at work may have taken the newest of them first
    having count(*) filter (where age < 28) > 0
  ) as sums
$$;

-- One person's features by any of its ids, computed now; null for who never did anything.
-- PL/pgSQL, because it keeps its plan: planning takes longer than the look-up.
create function persona_features_of(id uuid) returns vector(32)
language plpgsql stable parallel safe
as $$
begin
  return (select f.features from features_of(array[person_of(id)]) as f);
end
$$;

-- Everybody's features, as the specification calls it (5.1): those that refresh_features
-- left.
create function get_persona_training_dataset() returns table (
  user_id uuid, features vector(32)
)
language sql stable parallel safe
as $$
  select user_id, features from user_features
$$;

-- Begins again: nothing has been counted.  Transactions of another database (a dump that
-- was restored into a new one) have numbers that are still to come here; theirs become 3,
-- PostgreSQL's first.
create function count_usage_anew() returns void
language plpgsql
as $$
begin
  update user_activity set tx_id = '3' where tx_id >= pg_snapshot_xmax(pg_current_snapshot());
  update tutorial_step_events set tx_id = '3'
  where tx_id >= pg_snapshot_xmax(pg_current_snapshot());
  update identity_links set tx_id = '3' where tx_id >= pg_snapshot_xmax(pg_current_snapshot());
  truncate user_days, user_spans, user_features;
  update usage_counting set counted_tx = '0';
end
$$;

-- Counts the events of the next transactions, of about so many rows, each event once: the
-- counters and the mark of how far they go are written together.  Call it until it has
-- counted no rows; what has not committed yet, or anything after an older transaction that
-- has not, is left to the next time.
--
-- One transaction counts at a time, and no erasure goes on meanwhile: the counters of an
-- erased user would come back.
create function count_usage(
  most_rows int, out rows_counted bigint, out days_clipped int
)
language plpgsql
-- the tables are large where it matters, whatever their statistics say
set enable_seqscan = off
set work_mem = '64MB'
as $$
declare
  begin_tx xid8;
  end_tx xid8;
  limit_tx xid8;
  first_tx xid8;
begin
  perform pg_advisory_xact_lock(1970495847);
  select counted_tx into begin_tx from usage_counting;
  if begin_tx > pg_snapshot_xmax(pg_current_snapshot()) then
    perform count_usage_anew();
    begin_tx := '0';
  end if;
  -- all before it have ended, and every later statement sees what they left
  end_tx := pg_snapshot_xmin(pg_current_snapshot());
  limit_tx := least(
    (select tx_id from user_activity where tx_id >= begin_tx
     order by tx_id offset most_rows limit 1),
    (select tx_id from tutorial_step_events where tx_id >= begin_tx
     order by tx_id offset most_rows limit 1)
  );
  first_tx := least(
    (select tx_id from user_activity where tx_id >= begin_tx order by tx_id limit 1),
    (select tx_id from tutorial_step_events where tx_id >= begin_tx
     order by tx_id limit 1)
  );
  if limit_tx = first_tx then
    -- one transaction with more rows than that: it is counted whole
    limit_tx := least(
      (select tx_id from user_activity where tx_id > first_tx order by tx_id limit 1),
      (select tx_id from tutorial_step_events where tx_id > first_tx
       order by tx_id limit 1)
    );
  end if;
  end_tx := least(end_tx, limit_tx);

  with fresh as (
    select
      user_id,
      -- services say when; what lies in the future is a clock that is wrong
      least(occurred_at, received_at) as at,
      kind,
      amount,
      members,
      null as duration_ms
    from user_activity
    where tx_id >= begin_tx
      and tx_id < end_tx
    union all
    select
      user_id,
      -- so is, on a device, what was more than a year ago when it arrived
      case
        when occurred_at between created_at - interval '1 year' and created_at
          then occurred_at
        else created_at
      end,
      'step_' || status,
      1,
      null,
      -- a null stays one: greatest and least skip it
      case when duration_ms is not null then least(greatest(duration_ms, 0), 600000) end
    from tutorial_step_events
    where tx_id >= begin_tx
      and tx_id < end_tx
      and user_id is not null
  ), days as (
    select
      user_id,
      cast(at at time zone 'UTC' as date) as day,
      count(*) as row_count,
      min(at) as first_at,
      max(at) as last_at,
      min(at) filter (where kind in (
        'project_created', 'task_completed', 'invoice_sent', 'export_made', 'ai_call'
      )) as first_value_at,
      sum(amount) filter (where kind not like 'step\_%') as events,
      sum(amount) filter (where kind = 'ai_call') as ai_calls,
      sum(amount) filter (
        where kind = 'project_created' and coalesce(members, 1) = 1
      ) as solo_projects,
      sum(amount) filter (where kind = 'project_created' and members > 1)
        as shared_projects,
      max(members) filter (where kind = 'project_created') as largest_project_members,
      sum(amount) filter (where kind = 'task_completed') as tasks_completed,
      sum(amount) filter (where kind = 'invoice_sent') as invoices_sent,
      sum(amount) filter (where kind = 'export_made') as exports_made,
      sum(amount) filter (where kind = 'invite_sent') as invites_sent,
      sum(amount) filter (where kind = 'invite_accepted') as invites_accepted,
      sum(amount) filter (where kind = 'pm_feature_used') as pm_feature_uses,
      sum(amount) filter (where kind = 'message_sent') as messages_sent,
      count(*) filter (where kind = 'step_started') as steps_started,
      count(*) filter (where kind = 'step_completed') as steps_completed,
      count(*) filter (where kind = 'step_skipped') as steps_skipped,
      count(*) filter (where kind = 'step_dismissed') as steps_dismissed,
      count(duration_ms) filter (where kind = 'step_completed') as steps_timed,
      coalesce(sum(duration_ms) filter (where kind = 'step_completed'), 0) as steps_ms
    from fresh
    group by 1, 2
  ), counted as (
    insert into user_days as d
    select
      user_id,
      day,
      least(coalesce(events, 0), 10000),
      least(coalesce(ai_calls, 0), 10000),
      least(coalesce(solo_projects, 0), 10000),
      least(coalesce(shared_projects, 0), 10000),
      coalesce(largest_project_members, 0),
      least(coalesce(tasks_completed, 0), 10000),
      least(coalesce(invoices_sent, 0), 10000),
      least(coalesce(exports_made, 0), 10000),
      least(coalesce(invites_sent, 0), 10000),
      least(coalesce(invites_accepted, 0), 10000),
      least(coalesce(pm_feature_uses, 0), 10000),
      least(coalesce(messages_sent, 0), 10000),
      least(steps_started, 10000),
      least(steps_completed, 10000),
      least(steps_skipped, 10000),
      least(steps_dismissed, 10000),
      steps_timed,
      steps_ms
    from days
    order by user_id, day
    on conflict (user_id, day) do update set
      events = least(d.events + excluded.events, 10000),
      ai_calls = least(d.ai_calls + excluded.ai_calls, 10000),
      solo_projects = least(d.solo_projects + excluded.solo_projects, 10000),
      shared_projects = least(d.shared_projects + excluded.shared_projects, 10000),
      largest_project_members
        = greatest(d.largest_project_members, excluded.largest_project_members),
      tasks_completed = least(d.tasks_completed + excluded.tasks_completed, 10000),
      invoices_sent = least(d.invoices_sent + excluded.invoices_sent, 10000),
      exports_made = least(d.exports_made + excluded.exports_made, 10000),
      invites_sent = least(d.invites_sent + excluded.invites_sent, 10000),
      invites_accepted = least(d.invites_accepted + excluded.invites_accepted, 10000),
      pm_feature_uses = least(d.pm_feature_uses + excluded.pm_feature_uses, 10000),
      messages_sent = least(d.messages_sent + excluded.messages_sent, 10000),
      steps_started = least(d.steps_started + excluded.steps_started, 10000),
      steps_completed = least(d.steps_completed + excluded.steps_completed, 10000),
      steps_skipped = least(d.steps_skipped + excluded.steps_skipped, 10000),
      steps_dismissed = least(d.steps_dismissed + excluded.steps_dismissed, 10000),
      steps_timed = d.steps_timed + excluded.steps_timed,
      steps_ms = d.steps_ms + excluded.steps_ms
    returning greatest(
      d.events, d.ai_calls, d.steps_started, d.steps_completed, d.steps_skipped,
      d.steps_dismissed
    ) >= 10000 as is_clipped
  ), spans as (
    insert into user_spans as s
    select user_id, min(first_at), max(last_at), min(first_value_at)
    from days
    group by user_id
    order by user_id
    on conflict (user_id) do update set
      first_at = least(s.first_at, excluded.first_at),
      last_at = greatest(s.last_at, excluded.last_at),
      first_value_at = least(s.first_value_at, excluded.first_value_at),
      is_stale = true
  )
  select
    (select coalesce(sum(row_count), 0) from days),
    count(*) filter (where is_clipped)
  into rows_counted, days_clipped
  from counted;

  -- an anonymous user that was linked is no person of its own any more
  update user_spans as s
  set is_stale = true
  from identity_links as l
  where l.tx_id >= begin_tx
    and l.tx_id < end_tx
    and s.user_id in (l.anonymous_id, l.user_id);
  delete from user_features as f
  using identity_links as l
  where l.tx_id >= begin_tx
    and l.tx_id < end_tx
    and f.user_id = l.anonymous_id;

  update usage_counting set counted_tx = end_tx;
end
$$;

-- Computes the features of at most so many persons again, of whom something new was
-- counted, and returns how many they were.  Call it until it returns 0; see count_usage.
create function refresh_features(most_users int) returns int
language plpgsql
set enable_seqscan = off
set work_mem = '64MB'
as $$
declare
  ids uuid[];
begin
  perform pg_advisory_xact_lock(1970495847);
  ids := array(
    select user_id from user_spans where is_stale order by user_id limit most_users
  );
  update user_spans set is_stale = false where user_id = any (ids);
  insert into user_features (user_id, last_day, features)
  select f.user_id, f.last_day, f.features
  from features_of(
    array(select distinct person_of(u.id) from unnest(ids) as u (id) order by 1)
  ) as f
  on conflict (user_id) do update
  set last_day = excluded.last_day, features = excluded.features;
  return cardinality(ids);
end
$$;

-- An erasure and a count exclude each other; the rest is as in 0009.
create or replace function begin_erasure(id uuid) returns void
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock_shared(1970495847);
  perform pg_advisory_xact_lock(1701994867, uuid_hash(id));
  insert into erased_users (user_hash, erased_at)
  values (user_hash_of(id), clock_timestamp())
  on conflict (user_hash) do update set erased_at = excluded.erased_at;
end
$$;
