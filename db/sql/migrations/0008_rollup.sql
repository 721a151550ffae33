-- Counts of the log by hour and day, kept by the monitor (docs/decisions/0012), and what makes sure
-- that they are those of the log.

-- A row belongs to the hour of its business time. Rows without an event time are found by the key.
CREATE INDEX prediction_log_event_time ON prediction_log (event_time) WHERE event_time IS NOT NULL;
-- Reports are only added at the end: what came lately is found without an index entry for each.
CREATE INDEX outcome_event_received_at ON outcome_event
    USING brin (received_at) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX rejected_request_rejected_at ON rejected_request (rejected_at);

CREATE TABLE reference_profile (
    model_version text        PRIMARY KEY,
    declaration   json        NOT NULL,
    profile       json,
    registered_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE reference_profile IS 'What each version was trained on, as its bundle says: the monitor goes by it also when the bundle is gone';
COMMENT ON COLUMN reference_profile.model_version IS 'Id of the version';
COMMENT ON COLUMN reference_profile.declaration IS 'schema.json: the features in order';
COMMENT ON COLUMN reference_profile.profile IS 'profile.json: cells of each feature and of the score, with the held-out rows in them; null where the bundle has none';
COMMENT ON COLUMN reference_profile.registered_at IS 'When the monitor saw the bundle first';

CREATE TABLE rollup_mark (
    hour timestamptz NOT NULL
);
CREATE INDEX rollup_mark_hour ON rollup_mark (hour);
COMMENT ON TABLE rollup_mark IS 'Hours of business time with rows that are not counted yet; a mark is committed with its rows';
COMMENT ON COLUMN rollup_mark.hour IS 'The hour; more than one mark of it does no harm';

-- Whoever counts deletes the marks that nobody holds, and counts afterwards. So a writer may go by a
-- mark that is there only while it holds it: then its rows are committed before the mark can go. One
-- that somebody else is deleting is not waited for, but made again.
CREATE FUNCTION mark_rollup() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    earliest   timestamptz;
    latest     timestamptz;
    found_hour timestamptz;
BEGIN
    -- Most often all rows are of one hour: to find that out costs less than to look for others.
    SELECT date_bin('1 hour', min(coalesce(event_time, predicted_at)), '2000-01-01 00:00Z'),
           date_bin('1 hour', max(coalesce(event_time, predicted_at)), '2000-01-01 00:00Z')
    INTO earliest, latest FROM inserted;
    FOR found_hour IN
        SELECT earliest WHERE earliest = latest
        UNION ALL
        SELECT DISTINCT date_bin('1 hour', coalesce(event_time, predicted_at), '2000-01-01 00:00Z')
        FROM inserted WHERE earliest < latest
    LOOP
        PERFORM FROM rollup_mark WHERE hour = found_hour LIMIT 1 FOR KEY SHARE SKIP LOCKED;
        IF NOT FOUND THEN
            INSERT INTO rollup_mark (hour) VALUES (found_hour);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mark_rollup() IS 'Marks the hours of the rows that a statement inserted into prediction_log';
REVOKE ALL ON FUNCTION mark_rollup() FROM PUBLIC;

CREATE TRIGGER mark_rollup AFTER INSERT ON prediction_log
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION mark_rollup();

-- What is there already is to be counted. An hour without rows costs nothing, finding those with
-- rows would read the whole log.
DO $$
DECLARE
    part     regclass;
    earliest timestamptz;
    latest   timestamptz;
BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'prediction_log'::regclass LOOP
        EXECUTE format('SELECT min(predicted_at), max(predicted_at) FROM %s', part) INTO earliest, latest;
        INSERT INTO rollup_mark
        SELECT generate_series(date_bin('1 hour', earliest, '2000-01-01 00:00Z'), latest, interval '1 hour');
    END LOOP;
    INSERT INTO rollup_mark
    SELECT DISTINCT date_bin('1 hour', event_time, '2000-01-01 00:00Z') FROM prediction_log
    WHERE event_time IS NOT NULL;
END $$;

CREATE TABLE rollup_gate ();
COMMENT ON TABLE rollup_gate IS 'Never a row: its lock is held by whoever counts, or takes a month off';

CREATE TABLE rollup_state (
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    settled_at timestamptz NOT NULL,
    as_of      timestamptz NOT NULL,
    rolled_at  timestamptz,
    hours      bigint      NOT NULL DEFAULT 0,
    seconds    double precision NOT NULL DEFAULT 0
);
INSERT INTO rollup_state (settled_at, as_of) VALUES ('2000-01-01 00:00Z', '2000-01-01 00:00Z');
COMMENT ON TABLE rollup_state IS 'One row: how far the counts are';
COMMENT ON COLUMN rollup_state.settled_at IS 'Reports that were received by then are counted, or their hours are marked';
COMMENT ON COLUMN rollup_state.as_of IS 'The business time of the last round';
COMMENT ON COLUMN rollup_state.rolled_at IS 'When the last whole round ended, by the clock of this server; null before the first';
COMMENT ON COLUMN rollup_state.hours IS 'Hours that the last round counted';
COMMENT ON COLUMN rollup_state.seconds IS 'How long it took';

CREATE TABLE rollup_hour (
    hour            timestamptz NOT NULL,
    model_version   text        NOT NULL,
    caller          text        NOT NULL,
    route           text        NOT NULL,
    part            text        NOT NULL CHECK (part IN ('live', 'retired')),
    predictions     bigint      NOT NULL CHECK (predictions > 0),
    positives       bigint      NOT NULL,
    probability_sum numeric     NOT NULL,
    past_the_spool  bigint      NOT NULL,
    lags            bigint[]    NOT NULL,
    durations       bigint[]    NOT NULL,
    cells           bigint[],
    PRIMARY KEY (hour, model_version, caller, route, part)
);
COMMENT ON TABLE rollup_hour IS 'The predictions of an hour, counted';
COMMENT ON COLUMN rollup_hour.hour IS 'Of business time: coalesce(event_time, predicted_at)';
COMMENT ON COLUMN rollup_hour.model_version IS 'Version that scored them';
COMMENT ON COLUMN rollup_hour.caller IS 'Name of the API key; empty where there was none';
COMMENT ON COLUMN rollup_hour.route IS 'Route that was called';
COMMENT ON COLUMN rollup_hour.part IS 'live: of rows that are in the log; retired: of rows whose month was dropped. The hour is the sum of both';
COMMENT ON COLUMN rollup_hour.predictions IS 'Rows';
COMMENT ON COLUMN rollup_hour.positives IS 'Of these, the ones with prediction 1';
COMMENT ON COLUMN rollup_hour.probability_sum IS 'Sum of the probabilities, each to 15 digits: exact, so that no order of rows changes it';
COMMENT ON COLUMN rollup_hour.past_the_spool IS 'Rows that were stored past the spool';
COMMENT ON COLUMN rollup_hour.lags IS 'Rows by seconds from score to storage; the bins of db/rollup/bins.py';
COMMENT ON COLUMN rollup_hour.durations IS 'Rows by milliseconds from arrival to score; the bins of db/rollup/bins.py';
COMMENT ON COLUMN rollup_hour.cells IS 'Rows by cell of each feature, then of the score, in the order of contract/cell_layout.py; null while the version has no profile';

CREATE TABLE rollup_day (
    day date NOT NULL,
    LIKE rollup_hour INCLUDING COMMENTS,
    PRIMARY KEY (day, model_version, caller, route)
);
ALTER TABLE rollup_day DROP COLUMN hour, DROP COLUMN part;
COMMENT ON TABLE rollup_day IS 'The predictions of a day, counted: the sum of its hours';
COMMENT ON COLUMN rollup_day.day IS 'Of business time, in UTC';

CREATE TABLE outcome_hour (
    hour               timestamptz NOT NULL,
    model_version      text     NOT NULL,
    caller             text     NOT NULL,
    route              text     NOT NULL,
    due_on             date     NOT NULL,
    part               text     NOT NULL CHECK (part IN ('live', 'retired')),
    predictions        bigint   NOT NULL CHECK (predictions > 0),
    unreported             bigint   NOT NULL,
    interim            bigint   NOT NULL,
    good               bigint   NOT NULL,
    bad                bigint   NOT NULL,
    retracted          bigint   NOT NULL,
    unobservable       bigint   NOT NULL,
    contested          bigint   NOT NULL,
    probability_sum    numeric  NOT NULL,
    good_sum           numeric  NOT NULL,
    good_squares       numeric  NOT NULL,
    bad_sum            numeric  NOT NULL,
    bad_squares        numeric  NOT NULL,
    good_scores        bigint[] NOT NULL,
    bad_scores         bigint[] NOT NULL,
    good_ages          bigint[] NOT NULL,
    bad_ages           bigint[] NOT NULL,
    PRIMARY KEY (hour, model_version, caller, route, due_on, part),
    CHECK (predictions = unreported + interim + good + bad + retracted + unobservable + contested)
);
COMMENT ON TABLE outcome_hour IS 'What the reports say of the predictions of an hour, counted; what is due is decided by whoever reads';
COMMENT ON COLUMN outcome_hour.hour IS 'Of business time of the predictions';
COMMENT ON COLUMN outcome_hour.model_version IS 'Version that scored them';
COMMENT ON COLUMN outcome_hour.caller IS 'Name of the API key; empty where there was none';
COMMENT ON COLUMN outcome_hour.route IS 'Route that was called';
COMMENT ON COLUMN outcome_hour.due_on IS 'Day (UTC) on which the outcomes are due, which are all due when it is over; infinity where none is declared: then a report counts at once';
COMMENT ON COLUMN outcome_hour.part IS 'live or retired, as in rollup_hour';
COMMENT ON COLUMN outcome_hour.predictions IS 'Rows';
COMMENT ON COLUMN outcome_hour.unreported IS 'Rows without a report';
COMMENT ON COLUMN outcome_hour.interim IS 'Rows whose report may still change';
COMMENT ON COLUMN outcome_hour.good IS 'Rows with a final 0, due or not';
COMMENT ON COLUMN outcome_hour.bad IS 'Rows with a final 1, due or not';
COMMENT ON COLUMN outcome_hour.retracted IS 'Rows whose report was taken back';
COMMENT ON COLUMN outcome_hour.unobservable IS 'Rows whose outcome nobody will ever know';
COMMENT ON COLUMN outcome_hour.contested IS 'Rows with reports that contradict each other';
COMMENT ON COLUMN outcome_hour.probability_sum IS 'Sum of the probabilities of all rows, exact to 15 digits each';
COMMENT ON COLUMN outcome_hour.good_sum IS 'Sum of the probabilities of the good ones';
COMMENT ON COLUMN outcome_hour.good_squares IS 'Sum of the squares of their probabilities';
COMMENT ON COLUMN outcome_hour.bad_sum IS 'Sum of the probabilities of the bad ones';
COMMENT ON COLUMN outcome_hour.bad_squares IS 'Sum of the squares of their probabilities';
COMMENT ON COLUMN outcome_hour.good_scores IS 'The good ones by probability; the bins of db/rollup/bins.py';
COMMENT ON COLUMN outcome_hour.bad_scores IS 'The bad ones by probability';
COMMENT ON COLUMN outcome_hour.good_ages IS 'The good ones by days from business time to observation; the bins of db/rollup/bins.py';
COMMENT ON COLUMN outcome_hour.bad_ages IS 'The bad ones by days from business time to observation';

CREATE TABLE outcome_day (
    day date NOT NULL,
    LIKE outcome_hour INCLUDING COMMENTS,
    PRIMARY KEY (day, model_version, caller, route, due_on)
);
ALTER TABLE outcome_day DROP COLUMN hour, DROP COLUMN part;
COMMENT ON TABLE outcome_day IS 'What the reports say of the predictions of a day, counted: the sum of its hours';
COMMENT ON COLUMN outcome_day.day IS 'Of business time of the predictions, in UTC';

GRANT USAGE ON SCHEMA public TO monitor;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO monitor;
GRANT INSERT, UPDATE ON reference_profile TO monitor;
GRANT INSERT, UPDATE, DELETE ON rollup_mark, rollup_hour, rollup_day, outcome_hour, outcome_day TO monitor;
GRANT UPDATE ON rollup_state, rollup_gate TO monitor;
GRANT EXECUTE ON FUNCTION settled_outcomes() TO monitor;
