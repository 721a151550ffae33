CREATE VIEW monitoring.due_window AS
SELECT model.model_version,
       -- What a bundle says is not ours: it is only read as what it must be.
       CASE WHEN model.metadata #>> '{declaration,outcome_due}' ~
            '^P(?=.)(\d{1,4}Y)?(\d{1,4}M)?(\d{1,4}W)?(\d{1,5}D)?(T(?=.)(\d{1,5}H)?(\d{1,5}M)?(\d{1,5}S)?)?$'
            THEN (model.metadata #>> '{declaration,outcome_due}')::interval
       END AS outcome_due
FROM public.model_version AS model;
COMMENT ON VIEW monitoring.due_window IS
    'How long after its event an outcome is due, by the declaration that the version was trained with';

CREATE FUNCTION monitoring.due_at(given timestamptz, business_time timestamptz, length interval)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
    -- Months are those of UTC, whatever the session's zone.
    SELECT coalesce(given, (business_time AT TIME ZONE 'UTC' + length) AT TIME ZONE 'UTC')
$$;
COMMENT ON FUNCTION monitoring.due_at(timestamptz, timestamptz, interval) IS
    'When an outcome is due: when the row says so, else so long after its event';

CREATE FUNCTION monitoring.outcomes_seen(moment timestamptz, known timestamptz, logged timestamptz)
RETURNS TABLE (
    prediction_id    uuid,
    predicted_at     timestamptz,
    client_reference text,
    model_version    text,
    schema_version   text,
    probability      double precision,
    prediction       smallint,
    business_time    timestamptz,
    outcome_due      timestamptz,
    state            text,
    outcome          smallint,
    reported_state   text,
    reported_outcome smallint,
    observed_at      timestamptz,
    source           text,
    event_key        text,
    revision         integer,
    reports          bigint,
    event_time       timestamptz,
    caller           text,
    route            text
)
-- As it stands it becomes a part of the query that calls it: its conditions reach the partitions.
LANGUAGE sql STABLE AS $$
    WITH windows AS MATERIALIZED (SELECT * FROM monitoring.due_window)
    SELECT log.prediction_id, log.predicted_at, log.client_reference, log.model_version,
           log.schema_version, log.probability, log.prediction, due.business_time, due.outcome_due,
           judged.state,
           CASE judged.state WHEN 'good' THEN 0 WHEN 'bad' THEN 1 WHEN 'early_bad' THEN 1 END::smallint,
           report.state, report.outcome, report.observed_at, report.source, report.event_key,
           report.revision, coalesce(report.reports, 0),
           log.event_time, log.api_key_name, log.route
    FROM public.prediction_log AS log
    LEFT JOIN windows AS own ON own.model_version = log.model_version
    LEFT JOIN public.outcome_window AS declared ON declared.schema_version = log.schema_version
    CROSS JOIN LATERAL (
        SELECT coalesce(log.event_time, log.predicted_at) AS business_time,
               monitoring.due_at(log.outcome_due, coalesce(log.event_time, log.predicted_at),
                                 coalesce(own.outcome_due, declared.outcome_due)) AS outcome_due
    ) AS due
    LEFT JOIN LATERAL (
        SELECT event.*, count(*) OVER () AS reports,
               min(event.said) OVER same <> max(event.said) OVER same AS contested
        FROM (
            SELECT by_id.*, by_id.state || coalesce(by_id.outcome::text, '') AS said
            FROM public.outcome_event AS by_id WHERE by_id.prediction_id = log.prediction_id
            UNION ALL
            SELECT by_name.*, by_name.state || coalesce(by_name.outcome::text, '')
            FROM public.outcome_event AS by_name WHERE by_name.client_reference = log.client_reference
        ) AS event
        -- Of most predictions nothing is reported: then nothing is sorted either.
        WHERE (EXISTS (SELECT FROM public.outcome_event AS any_by_id
                       WHERE any_by_id.prediction_id = log.prediction_id)
               OR (log.client_reference IS NOT NULL
                   AND EXISTS (SELECT FROM public.outcome_event AS any_by_name
                               WHERE any_by_name.client_reference = log.client_reference)))
          AND event.observed_at <= moment AND event.received_at <= known
          -- Reports are often to the second.
          AND event.observed_at >= date_trunc('second', due.business_time)
        WINDOW same AS (PARTITION BY event.revision, event.observed_at)
        -- No time of arrival in it: reports in any order end in one state.
        ORDER BY event.revision DESC, event.observed_at DESC, event.source DESC, event.event_key DESC,
                 event.said DESC
        LIMIT 1
    ) AS report ON true
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN report.contested THEN 'contested'
            WHEN report.state IN ('retracted', 'unobservable') THEN report.state
            WHEN report.state = 'final' AND report.outcome = 1 AND moment < due.outcome_due THEN 'early_bad'
            WHEN report.state = 'final' AND report.outcome = 1 THEN 'bad'
            WHEN report.state = 'final' AND (due.outcome_due IS NULL OR moment >= due.outcome_due) THEN 'good'
            WHEN moment >= due.outcome_due THEN 'overdue'
            ELSE 'immature'
        END AS state
    ) AS judged
    WHERE log.logged_at <= logged
$$;
COMMENT ON FUNCTION monitoring.outcomes_seen(timestamptz, timestamptz, timestamptz) IS
    'outcomes_as_of with what counts go by, of the predictions that were logged by `logged`';

CREATE FUNCTION monitoring.outcomes_as_of(moment timestamptz, known timestamptz)
RETURNS TABLE (
    prediction_id    uuid,
    predicted_at     timestamptz,
    client_reference text,
    model_version    text,
    schema_version   text,
    probability      double precision,
    prediction       smallint,
    business_time    timestamptz,
    outcome_due      timestamptz,
    state            text,
    outcome          smallint,
    reported_state   text,
    reported_outcome smallint,
    observed_at      timestamptz,
    source           text,
    event_key        text,
    revision         integer,
    reports          bigint
)
LANGUAGE sql STABLE AS $$
    SELECT prediction_id, predicted_at, client_reference, model_version, schema_version, probability,
           prediction, business_time, outcome_due, state, outcome, reported_state, reported_outcome,
           observed_at, source, event_key, revision, reports
    FROM monitoring.outcomes_seen(moment, known, known)
$$;
COMMENT ON FUNCTION monitoring.outcomes_as_of(timestamptz, timestamptz) IS
    'State of each prediction''s outcome at the moment (business time), by what had come by `known` (system time; infinity: all that has come since)';

CREATE VIEW monitoring.outcome_state AS
SELECT * FROM monitoring.outcomes_as_of(now(), now());
COMMENT ON VIEW monitoring.outcome_state IS
    'State of each prediction''s outcome as of now: immature, early_bad, good, bad, overdue, unobservable, retracted or contested; outcome is 0 or 1 only where it can be judged';
