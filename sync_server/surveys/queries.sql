-- name: insert_survey(user_id, submission_id, tutorial_id, nps, comment, persona, default_persona, occurred_at, window_seconds, complete)^
-- Nothing comes back when the submission is stored already, or when another answer of the
-- user lies within the window: constraints decide, so a race has one winner.
INSERT INTO tutorial_surveys (
  user_id, submission_id, tutorial_id, nps, comment, persona, occurred_at,
  window_ends_at, complete
)
VALUES (
  :user_id, :submission_id, :tutorial_id, :nps, :comment,
  coalesce(
    :persona,
    (SELECT p.persona FROM user_personas AS p WHERE p.user_id = :user_id),
    :default_persona
  ),
  :occurred_at,
  CAST(:occurred_at AS timestamptz) + make_interval(secs => :window_seconds),
  :complete
)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: complete_survey(user_id, submission_id, nps, comment, complete)^
-- A partial answer may be replaced; a complete one stays as it is, and is found all the
-- same.
UPDATE tutorial_surveys
SET
  nps = CASE WHEN complete THEN nps ELSE :nps END,
  comment = CASE WHEN complete THEN comment ELSE :comment END,
  complete = complete OR :complete
WHERE user_id = :user_id
  AND submission_id = :submission_id
RETURNING id;

-- name: window_end(user_id, occurred_at, window_seconds)$
-- When the answer that stands in the way stops doing so.
SELECT max(window_ends_at)
FROM tutorial_surveys
WHERE user_id = :user_id
  AND tstzrange(occurred_at, window_ends_at) && tstzrange(
    :occurred_at,
    CAST(:occurred_at AS timestamptz) + make_interval(secs => :window_seconds)
  );
