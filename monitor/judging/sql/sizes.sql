-- How many rows sql/counted.sql has for each hour or day, so that they can be read in parts, and what
-- changes as soon as one of them is written again.
SELECT {start}::timestamptz, count(*), sum(hashtextextended(concat(xmin, ctid), 0))::text
FROM {counts}
WHERE {start} >= %(start)s AND {start} < %(end)s
  AND (%(version)s::text IS NULL OR model_version = %(version)s)
  AND (%(caller)s::text IS NULL OR caller = %(caller)s)
  AND (%(route)s::text IS NULL OR route = %(route)s)
GROUP BY {start}
ORDER BY {start}
