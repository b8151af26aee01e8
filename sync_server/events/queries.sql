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
