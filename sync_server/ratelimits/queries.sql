-- name: exchange(keys, window_starts, counts, oldest)
-- One round trip: adds what this worker counted, returns what all counted together.  Rows
-- are written in the order of their key, so that two workers cannot wait for each other.
WITH mine AS (
  SELECT key, window_start, count
  FROM unnest(
    CAST(:keys AS bytea[]),
    CAST(:window_starts AS bigint[]),
    CAST(:counts AS int[])
  ) AS m (key, window_start, count)
),
added AS (
  INSERT INTO rate_counts AS r (key, window_start, count)
  SELECT key, window_start, count
  FROM mine
  WHERE count > 0
  ORDER BY key, window_start
  ON CONFLICT (key, window_start) DO UPDATE SET count = r.count + excluded.count
  RETURNING key, window_start, count
)
SELECT key, window_start, count
FROM added
UNION ALL
SELECT r.key, r.window_start, r.count
FROM rate_counts AS r
WHERE r.key IN (SELECT key FROM mine)
  AND r.window_start >= :oldest
  AND NOT EXISTS (
    SELECT FROM added AS a WHERE a.key = r.key AND a.window_start = r.window_start
  );

-- name: forget(before)!
-- What nobody will ask for again; two workers that forget at once share the work.
DELETE FROM rate_counts
WHERE (key, window_start) IN (
  SELECT key, window_start
  FROM rate_counts
  WHERE window_start < :before
  FOR UPDATE SKIP LOCKED
);
