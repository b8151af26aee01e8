-- name: assign(user_id, experiment_id, variant_id)^
-- First write wins; nothing comes back when the user already has a variant.
INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id)
VALUES (:user_id, :experiment_id, :variant_id)
ON CONFLICT (user_id, experiment_id) DO NOTHING
RETURNING variant_id;

-- name: assigned_variant(user_id, experiment_id)^
SELECT variant_id
FROM tutorial_assignments
WHERE user_id = :user_id
  AND experiment_id = :experiment_id;
