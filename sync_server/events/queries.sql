-- name: store_events(user_ids, event_ids, occurred_ats, tutorial_ids, step_ids, variant_ids, personas, statuses, durations_ms, device_ids, seqs, run_ids, tutorial_versions, experiment_ids, points)
-- See the function in migration 0012.
SELECT store_events(
  :user_ids, :event_ids, :occurred_ats, :tutorial_ids, :step_ids, :variant_ids,
  :personas, :statuses, :durations_ms, :device_ids, :seqs, :run_ids,
  :tutorial_versions, :experiment_ids, :points
);

-- name: ledger(user_id, tutorial_ids)
-- What a user id has earned in these tutorials.
SELECT tutorial_id, step_id, rule, points
FROM xp_awards
WHERE user_id = :user_id
  AND tutorial_id = ANY(:tutorial_ids);

-- name: erased_at(user_id)$
SELECT erased_at
FROM erased_users
WHERE user_hash = user_hash_of(:user_id);
