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
