-- name: lock_person(user_id)!
-- Until the end of the transaction nobody else decides something about the person.
SELECT lock_person(:user_id);

-- name: erased_at(user_id)$
-- Waits for an erasure under way, and lets none begin before the end of the transaction.
SELECT erased_at_of(:user_id);

-- name: find_survey(user_id, submission_id)^
-- The submission, under whichever id of the person it was sent first: a device sends again
-- as the account what it sent as an anonymous user.
SELECT s.user_id, s.tutorial_id, s.nps, s.complete
FROM user_ids_of(:user_id) AS same (id)
JOIN tutorial_surveys AS s ON s.user_id = same.id
WHERE s.submission_id = :submission_id
ORDER BY s.user_id = :user_id DESC
LIMIT 1;

-- name: answers_of(user_id, submission_id)
SELECT question_id, score, options, text_encrypted IS NOT NULL
FROM survey_answers
WHERE user_id = :user_id
  AND submission_id = :submission_id;

-- name: window_end(user_id, occurred_at, window_seconds)$
-- When the answers of the person that stand in the way stop doing so.
SELECT max(s.window_ends_at)
FROM user_ids_of(:user_id) AS same (id)
JOIN tutorial_surveys AS s ON s.user_id = same.id
WHERE tstzrange(s.occurred_at, s.window_ends_at) && tstzrange(
  :occurred_at,
  CAST(:occurred_at AS timestamptz) + make_interval(secs => :window_seconds)
);

-- name: insert_survey(user_id, submission_id, tutorial_id, nps, comment, persona, default_persona, occurred_at, window_seconds, complete)!
-- The constraints stay the last word: they hold against whoever does not take the lock.
INSERT INTO tutorial_surveys (
  user_id, submission_id, tutorial_id, nps, comment, persona, occurred_at,
  window_ends_at, complete
)
VALUES (
  :user_id, :submission_id, :tutorial_id, :nps, :comment,
  coalesce(
    :persona,
    (SELECT p.persona FROM persona_of(:user_id) AS p),
    :default_persona
  ),
  :occurred_at,
  CAST(:occurred_at AS timestamptz) + make_interval(secs => :window_seconds),
  :complete
);

-- name: update_survey(user_id, submission_id, nps, comment, complete)!
-- Adds to a partial answer; a comment stays until another one comes.
UPDATE tutorial_surveys
SET
  nps = :nps,
  comment = coalesce(:comment, comment),
  complete = :complete
WHERE user_id = :user_id
  AND submission_id = :submission_id;

-- name: put_answer(user_id, submission_id, question_id, score, options, text_encrypted)*!
INSERT INTO survey_answers (
  user_id, submission_id, question_id, score, options, text_encrypted
)
VALUES (
  :user_id, :submission_id, :question_id, :score, :options, :text_encrypted
)
ON CONFLICT (user_id, submission_id, question_id) DO UPDATE
SET
  score = excluded.score,
  options = excluded.options,
  text_encrypted = excluded.text_encrypted;

-- name: drop_answers(user_id, submission_id, question_ids)!
DELETE FROM survey_answers
WHERE user_id = :user_id
  AND submission_id = :submission_id
  AND question_id = ANY(:question_ids);

-- name: comments_by_key()
-- What is not in our format has the key id ''.
SELECT split_part(comment, ':', 2), count(*)
FROM tutorial_surveys
WHERE comment IS NOT NULL
GROUP BY 1;

-- name: texts_by_key()
SELECT split_part(text_encrypted, ':', 2), count(*)
FROM survey_answers
WHERE text_encrypted IS NOT NULL
GROUP BY 1;

-- name: stale_comments(current, user_id, submission_id, batch_size)
-- Comments of other keys, behind the given place.  The rows stay locked until they are
-- renewed, and what somebody else has locked is left for the next pass: so nobody's change
-- is overwritten, and nobody waits for somebody who waits for them.
SELECT user_id, submission_id, comment
FROM tutorial_surveys
WHERE (user_id, submission_id) > (:user_id, :submission_id)
  AND split_part(comment, ':', 2) <> :current
ORDER BY user_id, submission_id
LIMIT :batch_size
FOR NO KEY UPDATE SKIP LOCKED;

-- name: stale_texts(current, user_id, submission_id, question_id, batch_size)
SELECT user_id, submission_id, question_id, text_encrypted
FROM survey_answers
WHERE (user_id, submission_id, question_id) > (:user_id, :submission_id, :question_id)
  AND split_part(text_encrypted, ':', 2) <> :current
ORDER BY user_id, submission_id, question_id
LIMIT :batch_size
FOR NO KEY UPDATE SKIP LOCKED;

-- name: renew_comments(user_ids, submission_ids, sealed)!
UPDATE tutorial_surveys AS s
SET comment = renewed.sealed
FROM unnest(
  CAST(:user_ids AS uuid[]), CAST(:submission_ids AS uuid[]), CAST(:sealed AS text[])
) AS renewed (user_id, submission_id, sealed)
WHERE s.user_id = renewed.user_id
  AND s.submission_id = renewed.submission_id;

-- name: renew_texts(user_ids, submission_ids, question_ids, sealed)!
UPDATE survey_answers AS a
SET text_encrypted = renewed.sealed
FROM unnest(
  CAST(:user_ids AS uuid[]), CAST(:submission_ids AS uuid[]),
  CAST(:question_ids AS text[]), CAST(:sealed AS text[])
) AS renewed (user_id, submission_id, question_id, sealed)
WHERE a.user_id = renewed.user_id
  AND a.submission_id = renewed.submission_id
  AND a.question_id = renewed.question_id;

-- name: is_tutorial(tutorial_id)$
SELECT EXISTS (SELECT FROM tutorials WHERE id = :tutorial_id);

-- name: surveys_ever_asked(tutorial_id)
SELECT survey
FROM tutorial_versions
WHERE tutorial_id = :tutorial_id
  AND status <> 'draft'
  AND survey IS NOT NULL
ORDER BY version;

-- name: count_surveys(tutorial_id)$
SELECT count(*)
FROM tutorial_surveys
WHERE tutorial_id = :tutorial_id;

-- name: personas_given()
SELECT DISTINCT persona
FROM user_personas
WHERE persona IS NOT NULL;

-- name: exported_surveys(tutorial_id, with_comments)
-- In an order that tells nothing of the order of arrival, and without the time of day.  The
-- ids are for decryption only, and what is not exported is not read.
SELECT
  s.user_id, s.submission_id,
  CAST(s.occurred_at AT TIME ZONE 'UTC' AS date), s.persona, s.nps, s.complete,
  CASE WHEN :with_comments THEN s.comment END,
  (
    SELECT jsonb_object_agg(
      a.question_id,
      jsonb_build_array(
        a.score, a.options, CASE WHEN :with_comments THEN a.text_encrypted END
      )
    )
    FROM survey_answers AS a
    WHERE a.user_id = s.user_id
      AND a.submission_id = s.submission_id
  )
FROM tutorial_surveys AS s
WHERE s.tutorial_id = :tutorial_id
ORDER BY random();
