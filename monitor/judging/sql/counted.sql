-- What was counted, of a span of business time: rows of outcome_day, or of outcome_hour.
SELECT {start}::timestamp, nullif(due_on, 'infinity'), model_version, caller,
       ARRAY[unreported, interim, good, bad, retracted, unobservable, contested]::text,
       ARRAY[probability_sum, good_sum, good_squares, bad_sum, bad_squares]::text,
       good_scores::text, bad_scores::text, good_ages::text, bad_ages::text
FROM {counts}
WHERE {start} >= %(start)s AND {start} < %(end)s
  AND (%(version)s::text IS NULL OR model_version = %(version)s)
  AND (%(caller)s::text IS NULL OR caller = %(caller)s)
  AND (%(route)s::text IS NULL OR route = %(route)s)
ORDER BY {start}
