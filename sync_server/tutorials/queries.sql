-- name: content_version()$
SELECT version
FROM content_version;

-- name: changes_since(seen, most_users)^
-- The content's version, which transactions this statement sees, and of which users
-- something changed in transactions that ``seen`` did not see: whether of everybody, and
-- all ids of the persons, because what is known of one id may come from another.
WITH changed AS (
  SELECT user_id
  FROM user_changes
  WHERE tx_id >= pg_snapshot_xmin(CAST(:seen AS pg_snapshot))
    AND NOT pg_visible_in_snapshot(tx_id, CAST(:seen AS pg_snapshot))
  LIMIT CAST(:most_users AS int) + 1
)
SELECT
  version,
  CAST(pg_current_snapshot() AS text),
  (
    SELECT count(*) > :most_users OR coalesce(bool_or(user_id IS NULL), FALSE)
    FROM changed
  ),
  ARRAY(
    SELECT DISTINCT same.id
    FROM changed
    CROSS JOIN LATERAL user_ids_of(changed.user_id) AS same (id)
    WHERE changed.user_id IS NOT NULL
  )
FROM content_version;

-- name: published_tutorials()
-- The newest version that is not a draft, of every tutorial.
SELECT DISTINCT ON (tutorial_id)
  tutorial_id, version, steps, survey, personas, xp, rules
FROM tutorial_versions
WHERE status <> 'draft'
ORDER BY tutorial_id, version DESC;

-- name: ever_published()
-- What devices may still send pings of: versions, and all that ever changed their steps.
SELECT tutorial_id, version, steps, survey, personas, xp, rules
FROM tutorial_versions
WHERE status <> 'draft'
ORDER BY tutorial_id, version;

-- name: experiments()
SELECT
  e.tutorial_id,
  e.id, e.name, e.status, e.algorithm, e.salt, e.epoch, e.coverage,
  v.id, v.name, v.weight, v.changes
FROM tutorial_experiments AS e
JOIN tutorial_variants AS v ON v.experiment_id = e.id
ORDER BY e.tutorial_id, e.id, v.position, v.id;

-- name: experiments_of(tutorial_id)
SELECT
  e.tutorial_id,
  e.id, e.name, e.status, e.algorithm, e.salt, e.epoch, e.coverage,
  v.id, v.name, v.weight, v.changes
FROM tutorial_experiments AS e
JOIN tutorial_variants AS v ON v.experiment_id = e.id
WHERE e.tutorial_id = :tutorial_id
ORDER BY e.id, v.position, v.id;

-- name: owners_of_variants(variant_ids)
SELECT id, experiment_id
FROM tutorial_variants
WHERE id = ANY(:variant_ids);

-- name: owners_of_experiments(experiment_ids)
SELECT id, tutorial_id
FROM tutorial_experiments
WHERE id = ANY(:experiment_ids);

-- name: lock_imports()$
-- Two imports at once would both find the same newest version.
SELECT pg_advisory_xact_lock(hashtext('kazi-tutorial import'));

-- name: newest_version(tutorial_id)^
SELECT t.name, version, steps, survey, personas, xp, rules
FROM tutorial_versions AS v
JOIN tutorials AS t ON t.id = v.tutorial_id
WHERE tutorial_id = :tutorial_id
  AND status <> 'draft'
ORDER BY version DESC
LIMIT 1;

-- name: highest_version_number(tutorial_id)$
SELECT coalesce(max(version), 0)
FROM tutorial_versions
WHERE tutorial_id = :tutorial_id;

-- name: save_tutorial(tutorial_id, name)!
INSERT INTO tutorials (id, name)
VALUES (:tutorial_id, :name)
ON CONFLICT (id) DO UPDATE
SET name = excluded.name;

-- name: publish_version(tutorial_id, version, steps, survey, personas, xp, rules)!
INSERT INTO tutorial_versions (
  tutorial_id, version, status, steps, survey, personas, xp, rules
)
VALUES (
  :tutorial_id, :version, 'published', :steps, :survey, :personas, :xp, :rules
);

-- name: save_experiment(experiment_id, tutorial_id, name, status)!
INSERT INTO tutorial_experiments (id, tutorial_id, name, status)
VALUES (:experiment_id, :tutorial_id, :name, :status)
ON CONFLICT (id) DO UPDATE
SET name = excluded.name,
    status = excluded.status;

-- name: delete_variants(experiment_id)!
DELETE FROM tutorial_variants
WHERE experiment_id = :experiment_id;

-- name: add_variant(variant_id, experiment_id, name, weight, position, changes)!
INSERT INTO tutorial_variants (id, experiment_id, name, weight, position, changes)
VALUES (:variant_id, :experiment_id, :name, :weight, :position, :changes);
