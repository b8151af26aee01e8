-- name: runs(user_id, tutorial_ids)
-- How often a person ran these tutorials and when something last happened in them, as far
-- back as events are kept.
SELECT tutorial_id, count(DISTINCT run_id), max(occurred_at)
FROM tutorial_step_events
WHERE user_id IN (SELECT user_ids_of(:user_id))
  AND tutorial_id = ANY(:tutorial_ids)
GROUP BY tutorial_id;
