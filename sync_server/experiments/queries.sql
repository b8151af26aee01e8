-- name: assign(user_id, experiment_ids, variant_ids)
-- First write wins: a row that is there already stays as it is, and comes back.
INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id)
SELECT CAST(:user_id AS uuid), experiment_id, variant_id
FROM unnest(CAST(:experiment_ids AS text[]), CAST(:variant_ids AS text[]))
  AS chosen (experiment_id, variant_id)
ORDER BY experiment_id
ON CONFLICT (user_id, experiment_id) DO UPDATE
SET variant_id = coalesce(tutorial_assignments.variant_id, excluded.variant_id)
RETURNING experiment_id, variant_id;

-- name: assign_from_device(user_id, experiment_id, variant_id, at)^
-- As above, for what a device did at a time of its own: nothing is kept, and nothing comes
-- back, of what happened before the user was erased.
INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id)
SELECT CAST(:user_id AS uuid), :experiment_id, :variant_id
FROM (SELECT erased_at_of(:user_id) AS erased_at) AS erasure
WHERE erased_at IS NULL
   OR coalesce(CAST(:at AS timestamptz), now()) > erased_at
ON CONFLICT (user_id, experiment_id) DO UPDATE
SET variant_id = coalesce(tutorial_assignments.variant_id, excluded.variant_id)
RETURNING variant_id;
