-- as in 0009
create or replace function begin_erasure(id uuid) returns void
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock(1701994867, uuid_hash(id));
  insert into erased_users (user_hash, erased_at)
  values (user_hash_of(id), clock_timestamp())
  on conflict (user_hash) do update set erased_at = excluded.erased_at;
end
$$;
drop function get_persona_training_dataset();
drop function persona_features_of(uuid);
drop function refresh_features(int);
drop function count_usage(int);
drop function count_usage_anew();
drop function features_of(uuid[]);
drop table usage_counting;
drop table user_features;
drop table user_spans;
drop table user_days;
drop index identity_links_tx_id;
drop index tutorial_step_events_tx_id;
drop index user_activity_tx_id;
alter table identity_links drop column tx_id;
alter table user_activity
  drop column tx_id,
  drop column members,
  drop column amount,
  drop column kind;
