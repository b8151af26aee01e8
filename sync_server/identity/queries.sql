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
-- What is stored of the person behind a user id, in one round trip: persona, the
-- anonymous user that was linked first, the id's own variants, and those of the person:
-- the account's, else what any of the ids got first.
SELECT
  p.persona,
  -- what is no probability is no confidence
  CASE WHEN p.confidence BETWEEN 0 AND 1 THEN p.confidence ELSE 0 END,
  (
    SELECT anonymous_id
    FROM identity_links
    WHERE user_id = person_of(:user_id)
    ORDER BY linked_at, anonymous_id
    LIMIT 1
  ),
  (
    SELECT jsonb_object_agg(experiment_id, variant_id)
    FROM tutorial_assignments
    WHERE user_id = :user_id
      AND experiment_id = ANY(:experiment_ids)
      AND variant_id IS NOT NULL
  ),
  (
    SELECT jsonb_object_agg(experiment_id, variant_id)
    FROM (
      SELECT DISTINCT ON (a.experiment_id) a.experiment_id, a.variant_id
      FROM user_ids_of(:user_id) AS same (id)
      JOIN tutorial_assignments AS a ON a.user_id = same.id
      WHERE a.experiment_id = ANY(:experiment_ids)
        AND a.variant_id IS NOT NULL
      ORDER BY
        a.experiment_id, a.user_id = person_of(:user_id) DESC, a.assigned_at, a.user_id
    ) AS earliest
  )
FROM (VALUES (TRUE)) AS always
LEFT JOIN persona_of(:user_id) AS p ON TRUE;

-- name: user_ids(user_id)
SELECT user_ids_of(:user_id);
