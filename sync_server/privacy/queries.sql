-- name: user_ids(user_id)
-- The account's first.
SELECT id
FROM user_ids_of(:user_id) AS same (id)
ORDER BY id <> person_of(:user_id), id;

-- name: begin_erasure(user_id)!
SELECT begin_erasure(:user_id);

-- name: note_erasures(user_ids)!
-- For the event bus, once while it has not been told, and for what workers remember.
WITH told AS (
  INSERT INTO erasures (user_id)
  SELECT unnest(CAST(:user_ids AS uuid[]))
  ON CONFLICT DO NOTHING
)
SELECT note_user_changes(CAST(:user_ids AS uuid[]));

-- name: record(action, actor, subject_hashes, details)!
-- One line for each subject, and one without a subject where there is none.
INSERT INTO audit_log (action, actor, subject_hash, details)
SELECT :action, :actor, subject_hash, CAST(:details AS jsonb)
FROM unnest(CAST(:subject_hashes AS bytea[])) AS subject_hash;

-- name: records_of(subject_hash)
SELECT at, action, actor
FROM audit_log
WHERE subject_hash = :subject_hash
ORDER BY id;

-- name: erased_at(user_id)$
SELECT erased_at
FROM erased_users
WHERE user_hash = user_hash_of(:user_id);
