-- The same from the log itself, as of a time that is past: groups of predictions that are alike.
WITH seen AS (
    SELECT date_trunc(%(unit)s, state.business_time AT TIME ZONE 'UTC') AS start,
           (state.outcome_due AT TIME ZONE 'UTC')::date AS due_on,
           state.model_version, coalesce(state.caller, '') AS caller, state.probability,
           CASE WHEN state.state IN ('retracted', 'unobservable', 'contested') THEN state.state
                WHEN state.reported_state = 'final' AND state.reported_outcome = 1 THEN 'bad'
                WHEN state.reported_state = 'final' THEN 'good'
                WHEN state.reported_state = 'interim' THEN 'interim'
                ELSE 'unreported'
           END AS said,
           width_bucket(state.probability, %(scores)s::float8[]) AS score,
           width_bucket(extract(epoch FROM state.observed_at - state.business_time)::float8 / 86400,
                        %(ages)s::float8[]) AS age
    FROM monitoring.outcomes_seen(%(as_of)s, %(known)s, %(known)s) AS state
    WHERE state.business_time >= %(start)s AND state.business_time < %(end)s
      AND state.business_time <= %(as_of)s
      AND (%(version)s::text IS NULL OR state.model_version = %(version)s)
      AND (%(caller)s::text IS NULL OR coalesce(state.caller, '') = %(caller)s)
      AND (%(route)s::text IS NULL OR state.route = %(route)s)
)
SELECT start, due_on, model_version, caller, said, score, coalesce(age, 0), count(*),
       sum(probability::numeric)::float8, sum(probability::numeric * probability::numeric)::float8
FROM seen
GROUP BY start, due_on, model_version, caller, said, score, age
