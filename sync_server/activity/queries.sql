-- name: add(user_ids, event_ids, names, occurred_ats, properties, kinds, amounts, members)^
-- One statement for a batch: how many events are new, and the places of those that are left
-- out because the user was erased since.  An erasure waits for this statement, or this
-- statement for it; the users are locked in the order of the erasures.
WITH batch AS (
  SELECT *
  FROM unnest(
    CAST(:user_ids AS uuid[]),
    CAST(:event_ids AS uuid[]),
    CAST(:names AS text[]),
    CAST(:occurred_ats AS timestamptz[]),
    CAST(:properties AS text[]),
    CAST(:kinds AS text[]),
    CAST(:amounts AS int[]),
    CAST(:members AS int[])
  ) WITH ORDINALITY AS u (
    user_id, event_id, name, occurred_at, properties, kind, amount, members, place
  )
), erased AS MATERIALIZED (
  SELECT user_id, erased_at_of(user_id) AS erased_at
  FROM (SELECT DISTINCT user_id FROM batch ORDER BY user_id) AS users
), kept AS (
  SELECT batch.*
  FROM batch
  JOIN erased USING (user_id)
  WHERE erased_at IS NULL
     OR occurred_at > erased_at
), stored AS (
  INSERT INTO user_activity (
    user_id, event_id, name, occurred_at, properties, kind, amount, members
  )
  SELECT
    user_id, event_id, name, occurred_at, CAST(properties AS jsonb), kind, amount, members
  FROM kept
  ON CONFLICT (user_id, event_id) DO NOTHING
  RETURNING event_id
)
SELECT
  (SELECT count(*) FROM stored),
  ARRAY(SELECT place - 1 FROM batch WHERE place NOT IN (SELECT place FROM kept));

-- name: waiting()$
SELECT
  (SELECT count(*) FROM user_activity WHERE tx_id >= counted_tx)
  + (SELECT count(*) FROM tutorial_step_events WHERE tx_id >= counted_tx)
FROM usage_counting;

-- name: count_usage(most_rows)^
SELECT rows_counted, days_clipped
FROM count_usage(:most_rows);

-- name: stale_users()$
SELECT count(*)
FROM user_spans
WHERE is_stale;

-- name: refresh_features(most_users)$
SELECT refresh_features(:most_users);
