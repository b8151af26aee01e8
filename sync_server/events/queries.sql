-- name: insert_events(user_id, event_ids, occurred_ats, tutorial_ids, step_ids, variant_ids, personas, statuses, durations_ms, device_ids, seqs, run_ids, tutorial_versions, experiment_ids, default_persona, award_tutorial_ids, award_step_ids, award_points)
-- One statement for a batch, all or nothing; returns the new events, and what the ledger
-- held before of the tutorials in which a step may have been completed.
-- The key (user_id, event_id) drops those that are stored already, also twice in a batch.
-- A variant that the device did not tell is the stored assignment; a persona likewise.
-- What happened before the user was erased is left out; an erasure waits for this statement
-- or this statement for it.
WITH batch AS (
  SELECT
    coalesce(event_id, gen_random_uuid()) AS event_id,
    occurred_at, tutorial_id, step_id, variant_id, persona, status, duration_ms,
    device_id, seq, run_id, tutorial_version, experiment_id, position
  FROM unnest(
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
    event_id, occurred_at, tutorial_id, step_id, variant_id, persona, status,
    duration_ms, device_id, seq, run_id, tutorial_version, experiment_id, position
  )
), stored AS (
  INSERT INTO tutorial_step_events (
    user_id, event_id, occurred_at, tutorial_id, step_id, variant_id, persona, status,
    duration_ms, device_id, seq, run_id, tutorial_version
  )
  SELECT
    :user_id, event_id, coalesce(occurred_at, now()), tutorial_id, step_id,
    coalesce(
      variant_id,
      (
        SELECT a.variant_id
        FROM tutorial_assignments AS a
        WHERE a.user_id = :user_id
          AND a.experiment_id = batch.experiment_id
      )
    ),
    coalesce(
      persona,
      (SELECT p.persona FROM user_personas AS p WHERE p.user_id = :user_id),
      :default_persona
    ),
    status, duration_ms, device_id, seq, run_id, tutorial_version
  FROM batch
  WHERE coalesce(occurred_at, now()) > coalesce(
    (SELECT erased_at_of(:user_id)), '-infinity'
  )
  ORDER BY position
  ON CONFLICT (user_id, event_id) DO NOTHING
  RETURNING
    event_id, status, tutorial_id, step_id, tutorial_version, variant_id, persona
), awards AS (
  -- Only for events that are new.  The greatest points stay: the order of delivery must not
  -- matter.  A step that pays no more than before is not touched, not even locked.
  INSERT INTO xp_awards (user_id, tutorial_id, step_id, rule, points, event_id)
  SELECT DISTINCT ON (award.tutorial_id, award.step_id)
    :user_id, award.tutorial_id, award.step_id, 'step_completed', award.points, event_id
  FROM unnest(
    CAST(:award_tutorial_ids AS text[]),
    CAST(:award_step_ids AS text[]),
    CAST(:award_points AS int[])
  ) AS award (tutorial_id, step_id, points)
  JOIN stored USING (tutorial_id, step_id)
  WHERE stored.status = 'completed'
    AND NOT EXISTS (
      SELECT
      FROM xp_awards AS paid
      WHERE paid.user_id = :user_id
        AND paid.tutorial_id = award.tutorial_id
        AND paid.step_id = award.step_id
        AND paid.rule = 'step_completed'
        AND paid.points >= award.points
    )
  -- sorted, so that two deliveries wait for each other and never crosswise
  ORDER BY award.tutorial_id, award.step_id, event_id
  ON CONFLICT (user_id, tutorial_id, step_id, rule) DO UPDATE
  SET points = excluded.points, event_id = excluded.event_id
  WHERE xp_awards.points < excluded.points
)
SELECT
  status, tutorial_id, step_id, tutorial_version, variant_id, persona,
  CAST(NULL AS int) AS points
FROM stored
UNION ALL
SELECT rule, tutorial_id, step_id, NULL, NULL, NULL, points
FROM xp_awards
WHERE user_id = :user_id
  AND tutorial_id = ANY(CAST(:award_tutorial_ids AS text[]));

-- name: erased_at(user_id)$
SELECT erased_at
FROM erased_users
WHERE user_hash = user_hash_of(:user_id);
