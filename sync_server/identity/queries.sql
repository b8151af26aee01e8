-- name: lock_person(user_id)$
-- Until the end of the transaction nobody else decides something about the person.
SELECT lock_person(:user_id);

-- name: wait_for_erasures(user_ids)$
-- Until the end of the transaction nobody erases these users; in the order of erasures.
SELECT count(erased_at_of(id))
FROM (
  SELECT unnest(CAST(:user_ids AS uuid[])) AS id
  ORDER BY id
) AS ids;

-- name: account_of(anonymous_id)$
SELECT user_id
FROM identity_links
WHERE anonymous_id = :anonymous_id;

-- name: makes_a_chain(anonymous_id, user_id)$
-- Whether the account is somebody's anonymous user, or the anonymous user an account.
SELECT EXISTS (
  SELECT
  FROM identity_links
  WHERE anonymous_id = :user_id
     OR user_id = :anonymous_id
);

-- name: link(anonymous_id, user_id)!
INSERT INTO identity_links (anonymous_id, user_id)
VALUES (:anonymous_id, :user_id);

-- name: person(user_id, experiment_ids)^
-- What is no probability is no confidence.
SELECT
  persona,
  CASE WHEN confidence BETWEEN 0 AND 1 THEN confidence ELSE 0 END,
  source,
  first_anonymous_id,
  own,
  own_personas,
  shared,
  shared_personas
FROM person_seen_by(:user_id, :experiment_ids);

-- name: user_ids(user_id)
SELECT user_ids_of(:user_id);
