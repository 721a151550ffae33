-- The log itself. Feature columns are added from the declaration (db/features.py), not here.

CREATE TABLE prediction_log (
    prediction_id  uuid             NOT NULL,
    predicted_at   timestamptz      NOT NULL,
    logged_at      timestamptz      NOT NULL DEFAULT now(),
    request_id     text             NOT NULL CHECK (length(request_id) <= 128),
    model_version  text             NOT NULL,
    schema_version text             NOT NULL,
    probability    double precision NOT NULL CHECK (probability BETWEEN 0 AND 1),
    threshold      double precision NOT NULL CHECK (threshold BETWEEN 0 AND 1),
    prediction     smallint         NOT NULL CHECK (prediction IN (0, 1)),
    duration_ms    real             NOT NULL CHECK (duration_ms >= 0),
    -- Both are fixed before the row is first written: every retry is harmless. The time comes
    -- first, for then the one index serves time ranges and grows at its end.
    PRIMARY KEY (predicted_at, prediction_id)
) PARTITION BY RANGE (predicted_at);

COMMENT ON TABLE prediction_log IS 'One row for each scored instance; rows are inserted and never changed';
COMMENT ON COLUMN prediction_log.prediction_id IS 'UUID of version 7, made by the api; its time is predicted_at';
COMMENT ON COLUMN prediction_log.predicted_at IS 'When it was scored, to the millisecond';
COMMENT ON COLUMN prediction_log.logged_at IS 'When the row was stored here; later than predicted_at by the outage, if there was one';
COMMENT ON COLUMN prediction_log.request_id IS 'X-Request-ID of the request, the caller''s or our own';
COMMENT ON COLUMN prediction_log.model_version IS 'Version that scored it; see model_version';
COMMENT ON COLUMN prediction_log.schema_version IS 'Declaration of the features, as gmsc/1';
COMMENT ON COLUMN prediction_log.probability IS 'Probability of the target''s event, as it was answered, to the last bit';
COMMENT ON COLUMN prediction_log.threshold IS 'From this probability on, the prediction is 1';
COMMENT ON COLUMN prediction_log.prediction IS '1 where the probability reaches the threshold, else 0';
COMMENT ON COLUMN prediction_log.duration_ms IS 'Milliseconds from the request''s arrival to its score';

CREATE TABLE model_version (
    model_version  text        PRIMARY KEY,
    schema_version text        NOT NULL,
    data_source    text        NOT NULL,
    data_is_sample boolean     NOT NULL,
    created_at     timestamptz NOT NULL,
    registered_at  timestamptz NOT NULL DEFAULT now(),
    metadata       jsonb       NOT NULL
);

-- No foreign key from the log: a row must never be refused because of what describes it.
COMMENT ON TABLE model_version IS 'What each version in the log was; written by the api that serves it';
COMMENT ON COLUMN model_version.model_version IS 'Id of the version: a hash of what made it';
COMMENT ON COLUMN model_version.schema_version IS 'Declaration of the features, as gmsc/1';
COMMENT ON COLUMN model_version.data_source IS 'Where the training data came from';
COMMENT ON COLUMN model_version.data_is_sample IS 'Whether that was the built-in sample: then its predictions mean nothing';
COMMENT ON COLUMN model_version.created_at IS 'When the bundle was made';
COMMENT ON COLUMN model_version.registered_at IS 'When an api first told of it here';
COMMENT ON COLUMN model_version.metadata IS 'The bundle''s metadata.json: data, settings, metrics, libraries';

CREATE FUNCTION ensure_prediction_log_partition(moment timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET TimeZone = 'UTC' AS $$
DECLARE
    first  timestamptz := date_trunc('month', moment);
    name   text := 'prediction_log_' || to_char(first, 'YYYY_MM');
    -- With the schema's name, so that a caller's temporary table is not taken for it.
    full_name text := 'public.' || name;
BEGIN
    IF moment < '2000-01-01' OR moment >= '2100-01-01' THEN
        RAISE EXCEPTION 'no partition is made for %, outside of 2000 to 2099', moment
            USING ERRCODE = 'datetime_field_overflow';
    END IF;
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(full_name)) THEN
        RETURN name;
    END IF;
    -- Two callers at once: the second waits, and then finds it made. Inserts go on. A lock of the
    -- table, for an advisory one does not bring the session's view of the catalogue up to date.
    LOCK TABLE prediction_log IN SHARE UPDATE EXCLUSIVE MODE;
    -- Made apart and attached, since that does not shut out those who are inserting. It may be
    -- there, detached by hand: then rows of its month have come back.
    IF to_regclass(full_name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE prediction_log INCLUDING ALL)', name);
        EXECUTE format('COMMENT ON TABLE %I IS %L', name, 'Rows of ' || to_char(first, 'YYYY-MM') || ', UTC');
    END IF;
    IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(full_name)) THEN
        EXECUTE format('ALTER TABLE prediction_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       name, first, first + interval '1 month');
    END IF;
    RETURN name;
END $$;

COMMENT ON FUNCTION ensure_prediction_log_partition(timestamptz) IS
    'Makes the partition of that moment''s month if it is missing; its name';
REVOKE ALL ON FUNCTION ensure_prediction_log_partition(timestamptz) FROM PUBLIC;

GRANT USAGE ON SCHEMA public TO api, analyst;
GRANT INSERT ON prediction_log, model_version TO api;
GRANT EXECUTE ON FUNCTION ensure_prediction_log_partition(timestamptz) TO api;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO analyst;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO analyst;
