-- name: insert_events(sender_ids, user_ids, event_ids, occurred_ats, tutorial_ids, step_ids, variant_ids, personas, statuses, durations_ms, device_ids, seqs, run_ids, tutorial_versions, experiment_ids, default_persona, award_user_ids, award_tutorial_ids, award_step_ids, award_points, award_event_ids, award_occurred_ats)
-- One statement for the events of one user or of several, all or nothing; returns the
-- places of those that were not stored.  No event may stand in it twice.
-- The key (user_id, event_id) drops those that are stored already.
-- A variant that the device did not tell is the stored assignment; a persona likewise.
-- What happened before a user was erased is left out; an erasure waits for this statement
-- or this statement for it.
WITH senders AS MATERIALIZED (
  SELECT
    user_id,
    coalesce(erased_at_of(user_id), '-infinity') AS erased_at
  FROM unnest(CAST(:sender_ids AS uuid[])) AS u (user_id)
), batch AS (
  SELECT u.*, senders.erased_at
  FROM unnest(
    CAST(:user_ids AS uuid[]),
    CAST(:event_ids AS uuid[]),
    CAST(:occurred_ats AS timestamptz[]),
    CAST(:tutorial_ids AS text[]),
    CAST(:step_ids AS text[]),
    CAST(:variant_ids AS text[]),
    CAST(:personas AS text[]),
    CAST(:statuses AS text[]),
    CAST(:durations_ms AS int[]),
    CAST(:device_ids AS uuid[]),
    CAST(:seqs AS bigint[]),
    CAST(:run_ids AS uuid[]),
    CAST(:tutorial_versions AS int[]),
    CAST(:experiment_ids AS text[])
  ) WITH ORDINALITY AS u (
    user_id, event_id, occurred_at, tutorial_id, step_id, variant_id, persona, status,
    duration_ms, device_id, seq, run_id, tutorial_version, experiment_id, position
  )
  JOIN senders USING (user_id)
), stored AS (
  INSERT INTO tutorial_step_events (
    user_id, event_id, occurred_at, tutorial_id, step_id, variant_id, persona, status,
    duration_ms, device_id, seq, run_id, tutorial_version
  )
  SELECT
    user_id, event_id, coalesce(occurred_at, now()), tutorial_id, step_id,
    coalesce(
      variant_id,
      (
        SELECT a.variant_id
        FROM tutorial_assignments AS a
        WHERE a.user_id = batch.user_id
          AND a.experiment_id = batch.experiment_id
      )
    ),
    coalesce(
      persona,
      (SELECT p.persona FROM user_personas AS p WHERE p.user_id = batch.user_id),
      :default_persona
    ),
    status, duration_ms, device_id, seq, run_id, tutorial_version
  FROM batch
  WHERE coalesce(occurred_at, now()) > erased_at
  ORDER BY position
  ON CONFLICT (user_id, event_id) DO NOTHING
  RETURNING user_id, event_id
), awards AS (
  -- An event that is stored already has paid already.  The greatest points stay: the order
  -- of delivery must not matter.  A step that pays no more than before is not even locked.
  INSERT INTO xp_awards (user_id, tutorial_id, step_id, rule, points, event_id)
  SELECT
    due.user_id, due.tutorial_id, due.step_id, 'step_completed', due.points, due.event_id
  FROM unnest(
    CAST(:award_user_ids AS uuid[]),
    CAST(:award_tutorial_ids AS text[]),
    CAST(:award_step_ids AS text[]),
    CAST(:award_points AS int[]),
    CAST(:award_event_ids AS uuid[]),
    CAST(:award_occurred_ats AS timestamptz[])
  ) AS due (user_id, tutorial_id, step_id, points, event_id, occurred_at)
  JOIN senders USING (user_id)
  WHERE coalesce(due.occurred_at, now()) > senders.erased_at
    AND NOT EXISTS (
      SELECT
      FROM xp_awards AS paid
      WHERE paid.user_id = due.user_id
        AND paid.tutorial_id = due.tutorial_id
        AND paid.step_id = due.step_id
        AND paid.rule = 'step_completed'
        AND paid.points >= due.points
    )
  ON CONFLICT (user_id, tutorial_id, step_id, rule) DO UPDATE
  SET points = excluded.points, event_id = excluded.event_id
  WHERE xp_awards.points < excluded.points
)
SELECT CAST(batch.position - 1 AS int)
FROM batch
LEFT JOIN stored USING (user_id, event_id)
WHERE stored.event_id IS NULL;

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
