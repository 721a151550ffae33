CREATE VIEW monitoring.predictions_per_hour AS
SELECT
    hour,
    model_version,
    caller,
    route,
    sum(predictions)::bigint AS predictions,
    sum(positives)::bigint AS positives,
    (sum(probability_sum) / sum(predictions))::double precision AS mean_probability
FROM rollup_hour
GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW monitoring.predictions_per_hour IS
    'Predictions by hour of business time, as the monitor has counted them: as new as its last round, and empty without a monitor. Retired months included';

CREATE VIEW monitoring.cohorts AS
SELECT
    day,
    model_version,
    caller,
    route,
    nullif(due_on, 'infinity') AS due_on,
    is_due,
    predictions,
    good,
    bad,
    CASE WHEN is_due THEN unreported + interim ELSE 0 END AS overdue,
    CASE WHEN is_due THEN 0 ELSE unreported + interim END AS open,
    contested,
    unobservable,
    retracted,
    (probability_sum / predictions)::double precision AS mean_probability,
    -- Before all are due, bad news is ahead of good news: there is no share to be shown.
    CASE WHEN is_due THEN (good + bad)::double precision / predictions END AS coverage,
    CASE WHEN is_due THEN bad::double precision / nullif(good + bad, 0) END AS bad_share
FROM outcome_day
CROSS JOIN LATERAL (
    SELECT coalesce(due_on < (SELECT (as_of AT TIME ZONE 'UTC')::date FROM rollup_state), false) AS is_due
) AS due;
COMMENT ON VIEW monitoring.cohorts IS
    'What is known of the outcomes of the predictions of a day (UTC, business time) that are due on the same day, as of the monitor''s last round. coverage and bad_share only where that day is over; due_on is null where no due time is declared';
