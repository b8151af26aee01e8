-- name: begin(seed, rotation)$
-- Whoever asks has the lock: what is still loading was killed.
WITH abandoned AS (
  UPDATE persona_models
  SET status = 'abandoned', ended_at = clock_timestamp()
  WHERE status = 'loading'
)
INSERT INTO persona_models (seed, rotation)
VALUES (:seed, :rotation)
RETURNING version;

-- name: refuse(version, metrics, faults)!
UPDATE persona_models
SET status = 'refused',
    ended_at = clock_timestamp(),
    metrics = CAST(:metrics AS jsonb),
    faults = :faults
WHERE version = :version;

-- name: forget_ready()!
-- The table is about to be written anew.
UPDATE persona_models
SET status = 'retired'
WHERE status = 'ready';

-- name: make_ready(version, source, mean, deviation, centres, names, metrics, faults)!
UPDATE persona_models
SET status = 'ready',
    ended_at = clock_timestamp(),
    source = :source,
    mean = :mean,
    deviation = :deviation,
    centres = :centres,
    names = :names,
    metrics = CAST(:metrics AS jsonb),
    faults = :faults
WHERE version = :version;

-- name: served()^
SELECT version, rotation, mean, deviation, centres, names, metrics
FROM persona_models
WHERE status = 'served';

-- name: last_begun()$
-- Of the newest run: an older one may tell a later time, of a clock that was wrong.
SELECT begun_at
FROM persona_models
ORDER BY version DESC
LIMIT 1;

-- name: served_begun()$
SELECT begun_at
FROM persona_models
WHERE status = 'served';

-- name: latest(count)
SELECT version, status, source, begun_at, ended_at, served_at, metrics, faults
FROM persona_models
ORDER BY version DESC
LIMIT :count;

-- name: is_held()$
SELECT is_held
FROM persona_hold;

-- name: hold(is_held)!
UPDATE persona_hold
SET is_held = :is_held,
    changed_at = clock_timestamp()
WHERE is_held <> :is_held;

-- name: serve_next()$
SELECT serve_next_personas();

-- name: serve_previous()$
SELECT serve_previous_personas();

-- name: users()$
SELECT count(*)
FROM user_features;

-- name: row_of(user_id)^
-- By any id of the person, as it is served.
SELECT p.user_id, p.persona, p.confidence, p.source, p.updated_at, p.model_version
FROM user_ids_of(:user_id) AS same (user_id)
JOIN user_personas AS p ON p.user_id = same.user_id
ORDER BY p.user_id = person_of(:user_id) DESC, p.user_id = :user_id DESC
LIMIT 1;

-- name: features_of(user_id)$
SELECT CAST(persona_features_of(:user_id) AS real[]);

-- name: nearest(user_id, count)
-- Exact: a million rows are looked through in a moment, and an index would have to be
-- built every night.
SELECT p.user_id, p.persona, p.embedding <-> mine.embedding AS distance
FROM user_personas AS p,
  (SELECT user_id, embedding FROM user_personas WHERE user_id = :user_id) AS mine
WHERE p.user_id <> mine.user_id
  AND p.embedding IS NOT NULL
ORDER BY p.embedding <-> mine.embedding, p.user_id
LIMIT :count;
