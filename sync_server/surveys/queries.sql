-- name: lock_person(user_id)!
-- Until the end of the transaction nobody else decides something about the person.
SELECT lock_person(:user_id);

-- name: erased_at(user_id)$
-- Waits for an erasure under way, and lets none begin before the end of the transaction.
SELECT erased_at_of(:user_id);

-- name: find_survey(user_id, submission_id)^
-- The submission, under whichever id of the person it was sent first: a device sends again
-- as the account what it sent as an anonymous user.
SELECT s.user_id, s.nps, s.complete
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
