-- name: award_tutorials(user_id, tutorial_ids, points)!
-- One statement: the greatest points stay, whoever comes first.  Only beside the steps.
INSERT INTO xp_awards (user_id, tutorial_id, step_id, rule, points)
SELECT :user_id, due.tutorial_id, '', 'tutorial_completed', due.points
FROM unnest(CAST(:tutorial_ids AS text[]), CAST(:points AS int[]))
  AS due (tutorial_id, points)
WHERE EXISTS (
  SELECT
  FROM xp_awards AS step
  WHERE step.user_id IN (SELECT user_ids_of(:user_id))
    AND step.tutorial_id = due.tutorial_id
    AND step.rule = 'step_completed'
)
ORDER BY due.tutorial_id
ON CONFLICT (user_id, tutorial_id, step_id, rule) DO UPDATE
SET points = excluded.points
WHERE xp_awards.points < excluded.points;

-- name: awards(user_id)
-- What a person has earned over all its user ids; one business key counts once.
SELECT tutorial_id, step_id, rule, max(points)
FROM xp_awards
WHERE user_id IN (SELECT user_ids_of(:user_id))
GROUP BY tutorial_id, step_id, rule;

-- name: registers(user_id)
SELECT
  tutorial_id, step_id, position, run_id, finished, wall_ms, counter, device_id,
  furthest_step_id, furthest_position
FROM progress
WHERE user_id IN (SELECT user_ids_of(:user_id));

-- name: arms_seen(user_id, tutorial_ids)
-- What the person's completed steps say of the arms that it saw.
SELECT DISTINCT tutorial_id, tutorial_version, variant_id, persona
FROM tutorial_step_events
WHERE user_id IN (SELECT user_ids_of(:user_id))
  AND tutorial_id = ANY(:tutorial_ids)
  AND status = 'completed';

-- name: run_steps(user_id, run_ids)
-- The steps completed in each run, on whatever device and as whichever user id.
SELECT DISTINCT tutorial_id, run_id, step_id
FROM tutorial_step_events
WHERE user_id IN (SELECT user_ids_of(:user_id))
  AND run_id = ANY(:run_ids)
  AND status = 'completed';

-- name: lock_person(user_id)$
SELECT lock_person(:user_id);

-- name: erased_at(user_id)$
SELECT erased_at_of(:user_id);

-- name: put_register(user_id, tutorial_id, step_id, position, run_id, finished, wall_ms, counter, device_id)!
-- The last writer wins.  What two writes with one clock differ in decides between them, so
-- that even a device that breaks the rules leaves the same state in any order.  The
-- furthest step is a maximum of its own.
INSERT INTO progress (
  user_id, tutorial_id, step_id, position, run_id, finished, wall_ms, counter, device_id,
  furthest_step_id, furthest_position
)
VALUES (
  :user_id, :tutorial_id, :step_id, :position, :run_id, :finished, :wall_ms, :counter,
  :device_id, :step_id, :position
)
ON CONFLICT (user_id, tutorial_id) DO UPDATE
SET (step_id, position, run_id, finished, wall_ms, counter, device_id) = (
      SELECT w.step_id, w.position, w.run_id, w.finished, w.wall_ms, w.counter, w.device_id
      FROM (
        VALUES
          (
            excluded.step_id, excluded.position, excluded.run_id, excluded.finished,
            excluded.wall_ms, excluded.counter, excluded.device_id
          ),
          (
            progress.step_id, progress.position, progress.run_id, progress.finished,
            progress.wall_ms, progress.counter, progress.device_id
          )
      ) AS w (step_id, position, run_id, finished, wall_ms, counter, device_id)
      ORDER BY
        w.wall_ms DESC, w.counter DESC, w.device_id DESC, w.finished DESC,
        w.position DESC, w.step_id DESC, w.run_id DESC NULLS LAST
      LIMIT 1
    ),
    (furthest_position, furthest_step_id) = (
      SELECT f.position, f.step_id
      FROM (
        VALUES
          (excluded.furthest_position, excluded.furthest_step_id),
          (progress.furthest_position, progress.furthest_step_id)
      ) AS f (position, step_id)
      ORDER BY f.position DESC, f.step_id DESC
      LIMIT 1
    ),
    updated_at = now();
