-- name: assign(user_id, experiment_ids, variant_ids, personas)
-- First write wins: a row that is there already stays as it is, and comes back.
INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id, persona)
SELECT CAST(:user_id AS uuid), experiment_id, variant_id, persona
FROM unnest(
  CAST(:experiment_ids AS text[]), CAST(:variant_ids AS text[]), CAST(:personas AS text[])
) AS chosen (experiment_id, variant_id, persona)
ORDER BY experiment_id
ON CONFLICT (user_id, experiment_id) DO UPDATE
SET variant_id = coalesce(tutorial_assignments.variant_id, excluded.variant_id),
    persona = CASE
      WHEN tutorial_assignments.variant_id IS NULL THEN excluded.persona
      ELSE tutorial_assignments.persona
    END
RETURNING experiment_id, variant_id, persona;

-- name: assign_from_device(user_id, experiment_id, variant_id, persona, default_persona, at)^
-- As above, for what a device did at a time of its own: nothing is kept, and nothing comes
-- back, of what happened before the user was erased.
INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id, persona)
SELECT
  CAST(:user_id AS uuid),
  :experiment_id,
  :variant_id,
  coalesce(
    CAST(:persona AS text),
    (SELECT p.persona FROM persona_of(:user_id) AS p),
    :default_persona
  )
FROM (SELECT erased_at_of(:user_id) AS erased_at) AS erasure
WHERE erased_at IS NULL
   OR coalesce(CAST(:at AS timestamptz), now()) > erased_at
ON CONFLICT (user_id, experiment_id) DO UPDATE
SET variant_id = coalesce(tutorial_assignments.variant_id, excluded.variant_id),
    persona = CASE
      WHEN tutorial_assignments.variant_id IS NULL THEN excluded.persona
      ELSE tutorial_assignments.persona
    END
RETURNING variant_id;
