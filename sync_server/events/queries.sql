-- name: insert_events(user_id, event_ids, occurred_ats, tutorial_ids, step_ids, variant_ids, personas, statuses, durations_ms, device_ids, seqs, run_ids, tutorial_versions, experiment_ids, default_persona)
-- One statement for a batch, all or nothing; returns status and step of the new events.
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
)
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
RETURNING status, step_id;

-- name: erased_at(user_id)$
SELECT erased_at
FROM erased_users
WHERE user_hash = user_hash_of(:user_id);
