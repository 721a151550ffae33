-- How many rows sql/counted.sql has for each hour or day, so that they can be read in parts.
SELECT {start}::timestamptz, count(*)
FROM {counts}
WHERE {start} >= %(start)s AND {start} < %(end)s
  AND (%(version)s::text IS NULL OR model_version = %(version)s)
  AND (%(caller)s::text IS NULL OR caller = %(caller)s)
  AND (%(route)s::text IS NULL OR route = %(route)s)
GROUP BY {start}
ORDER BY {start}
