-- What really happened: reports of outcomes, kept as they came, and when each is due.

ALTER TABLE prediction_log
    -- Nothing is judged before it is due: the caller may know better when than the declaration does.
    ADD COLUMN outcome_due timestamptz;
COMMENT ON COLUMN prediction_log.outcome_due IS 'When the outcome of this case is due, where the caller said so (X-Outcome-Due)';

-- An outcome may name its case by the caller's reference. Rows without one are not in it.
CREATE INDEX prediction_log_client_reference ON prediction_log (client_reference)
    WHERE client_reference IS NOT NULL;

CREATE TABLE outcome_window (
    schema_version text     PRIMARY KEY,
    outcome_due    interval NOT NULL
);
COMMENT ON TABLE outcome_window IS 'How long after its event an outcome is due, as the declaration says; for models whose own metadata do not';
COMMENT ON COLUMN outcome_window.schema_version IS 'Declaration of the features, as gmsc/1';
COMMENT ON COLUMN outcome_window.outcome_due IS 'From the event on; months are the calendar''s';

-- No partitions: a report is known by its subject, source and key whenever it comes, and a key that
-- is to be unique cannot be parted by time (docs/decisions/0011).
CREATE TABLE outcome_event (
    prediction_id    uuid,
    client_reference text        CHECK (length(client_reference) BETWEEN 1 AND 200),
    -- Compared byte by byte: which of two reports goes first must not depend on a locale.
    source           text        COLLATE "C" NOT NULL CHECK (length(source) BETWEEN 1 AND 64),
    event_key        text        COLLATE "C" NOT NULL CHECK (length(event_key) BETWEEN 1 AND 200),
    state            text        NOT NULL CHECK (state IN ('final', 'interim', 'retracted', 'unobservable')),
    outcome          smallint    CHECK (outcome IN (0, 1)),
    revision         integer     NOT NULL CHECK (revision >= 0),
    observed_at      timestamptz NOT NULL CHECK (observed_at BETWEEN '2000-01-01 00:00Z' AND '2100-01-01 00:00Z'),
    received_at      timestamptz NOT NULL,
    api_key_name     text        CHECK (length(api_key_name) <= 64),
    CONSTRAINT outcome_event_has_one_subject CHECK (num_nonnulls(prediction_id, client_reference) = 1),
    CONSTRAINT outcome_event_id_holds_a_time CHECK (uuid_extract_version(prediction_id) = 7),
    CONSTRAINT outcome_event_says_what CHECK ((outcome IS NOT NULL) = (state IN ('final', 'interim')))
);
CREATE UNIQUE INDEX outcome_event_of_prediction ON outcome_event (prediction_id, source, event_key)
    WHERE prediction_id IS NOT NULL;
CREATE UNIQUE INDEX outcome_event_of_reference ON outcome_event (client_reference, source, event_key)
    WHERE client_reference IS NOT NULL;

COMMENT ON TABLE outcome_event IS 'Reports of what became of a case, as they came; rows are inserted and never changed';
COMMENT ON COLUMN outcome_event.prediction_id IS 'The prediction it speaks of, which need not be here yet';
COMMENT ON COLUMN outcome_event.client_reference IS 'Or the caller''s own name for the case: then it holds for each of its predictions';
COMMENT ON COLUMN outcome_event.source IS 'Who found it out, by the reporter''s own name';
COMMENT ON COLUMN outcome_event.event_key IS 'The reporter''s own id of the report, by which sending it again is harmless';
COMMENT ON COLUMN outcome_event.state IS 'final; interim: may still change; retracted: an earlier report was wrong; unobservable: nobody will ever know';
COMMENT ON COLUMN outcome_event.outcome IS '1 where the target''s event happened, else 0; null where the state says that there is none';
COMMENT ON COLUMN outcome_event.revision IS 'A later word of the reporter has a higher one; it goes before the time';
COMMENT ON COLUMN outcome_event.observed_at IS 'When it was observed, by the reporter''s clock: business time';
COMMENT ON COLUMN outcome_event.received_at IS 'When it was stored here: system time, the same for all of one transaction';
COMMENT ON COLUMN outcome_event.api_key_name IS 'Name of the API key of whoever sent it; null where none is wanted, or from a file';

-- Held by whoever writes, from before received_at is fixed until the commit. Not outcome_event
-- itself, for which a vacuum would be waited.
CREATE TABLE outcome_gate ();
COMMENT ON TABLE outcome_gate IS 'Never a row: its lock tells who is storing outcomes';

CREATE FUNCTION outcome_batch(reports text)
RETURNS TABLE (place integer, prediction_id uuid, client_reference text, source text, event_key text,
               state text, outcome smallint, revision integer, observed_at timestamptz)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT line.place::integer, field[1]::uuid, field[2], field[3], field[4], field[5],
           field[6]::smallint, field[7]::integer, field[8]::timestamptz
    FROM string_to_table(reports, E'\n') WITH ORDINALITY AS line (content, place),
         LATERAL string_to_array(line.content, E'\t', E'\x01') AS field
$$;
COMMENT ON FUNCTION outcome_batch(text) IS
    'The rows of a text: a line for each report, its fields between tabs, U+0001 for none; nothing in them is a control character';

CREATE FUNCTION early_outcomes(reports text) RETURNS SETOF integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- Each is looked up by an index: whole months of the log must not be read for a few reports.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    WITH batch AS MATERIALIZED (SELECT * FROM outcome_batch(reports))
    SELECT batch.place FROM batch
    WHERE batch.prediction_id IS NOT NULL AND batch.observed_at < (
        SELECT date_trunc('second', coalesce(log.event_time, log.predicted_at)) FROM prediction_log AS log
        WHERE log.predicted_at = uuid_extract_timestamp(batch.prediction_id)
          AND log.prediction_id = batch.prediction_id)
    UNION ALL
    SELECT batch.place FROM batch
    WHERE batch.client_reference IS NOT NULL AND batch.observed_at < (
        SELECT date_trunc('second', min(coalesce(log.event_time, log.predicted_at))) FROM prediction_log AS log
        WHERE log.client_reference = batch.client_reference)
$$;
COMMENT ON FUNCTION early_outcomes(text) IS
    'Places of the reports that were observed before the event of every prediction that they speak of, as far as there are some';

CREATE FUNCTION store_outcomes(reports text, key_name text)
RETURNS TABLE (place integer, answer text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    moment   timestamptz;
    inserted bigint;
    sent     bigint;
BEGIN
    LOCK TABLE outcome_gate IN ROW SHARE MODE;
    -- Now, not earlier: whoever holds the gate knows of all that was received before.
    moment := clock_timestamp();
    SELECT count(*) INTO sent FROM string_to_table(reports, E'\n');
    -- In the order of their keys, so that of two who store the same at once one waits for the
    -- other, and never both.
    INSERT INTO outcome_event (prediction_id, client_reference, source, event_key, state, outcome,
                               revision, observed_at, received_at, api_key_name)
    SELECT batch.prediction_id, batch.client_reference, batch.source, batch.event_key, batch.state,
           batch.outcome, batch.revision, batch.observed_at, moment, key_name
    FROM outcome_batch(reports) AS batch
    ORDER BY batch.prediction_id, batch.client_reference COLLATE "C", batch.source COLLATE "C",
             batch.event_key COLLATE "C", batch.place
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;
    IF inserted = sent THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH batch AS MATERIALIZED (
        SELECT *, row_number() OVER (
            PARTITION BY prediction_id, client_reference, source, event_key ORDER BY place) AS time
        FROM outcome_batch(reports)
    ), known AS (
        SELECT batch.place, batch.time, event.received_at, event.xmin AS writer,
               (event.state, event.outcome, event.revision, event.observed_at)
               IS NOT DISTINCT FROM (batch.state, batch.outcome, batch.revision, batch.observed_at) AS same
        FROM batch JOIN outcome_event AS event
          ON event.prediction_id = batch.prediction_id
         AND event.source = batch.source COLLATE "C" AND event.event_key = batch.event_key COLLATE "C"
        UNION ALL
        SELECT batch.place, batch.time, event.received_at, event.xmin,
               (event.state, event.outcome, event.revision, event.observed_at)
               IS NOT DISTINCT FROM (batch.state, batch.outcome, batch.revision, batch.observed_at)
        FROM batch JOIN outcome_event AS event
          ON event.client_reference = batch.client_reference
         AND event.source = batch.source COLLATE "C" AND event.event_key = batch.event_key COLLATE "C"
    )
    SELECT known.place, CASE WHEN known.same THEN 'duplicate' ELSE 'conflict' END
    FROM known
    -- Not those that were just stored.
    WHERE NOT (known.time = 1 AND known.received_at = moment
               AND known.writer = pg_current_xact_id()::xid);
END $$;
COMMENT ON FUNCTION store_outcomes(text, text) IS
    'Stores what is new of the reports, received now; for each other one its place, and duplicate, or conflict where the key is known with another content';

CREATE FUNCTION placed_outcomes(reports text) RETURNS TABLE (place integer, answer text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    WITH batch AS MATERIALIZED (SELECT * FROM outcome_batch(reports)), judged AS (
        SELECT batch.place,
               EXISTS (SELECT FROM prediction_log AS log
                       WHERE log.predicted_at = uuid_extract_timestamp(batch.prediction_id)
                         AND log.prediction_id = batch.prediction_id) AS known,
               EXISTS (SELECT FROM outcome_event AS event
                       WHERE event.prediction_id = batch.prediction_id
                         AND (event.revision, event.observed_at, event.source, event.event_key)
                           > (batch.revision, batch.observed_at, batch.source COLLATE "C",
                              batch.event_key COLLATE "C")) AS superseded
        FROM batch WHERE batch.prediction_id IS NOT NULL
        UNION ALL
        SELECT batch.place,
               EXISTS (SELECT FROM prediction_log AS log
                       WHERE log.client_reference = batch.client_reference),
               EXISTS (SELECT FROM outcome_event AS event
                       WHERE event.client_reference = batch.client_reference
                         AND (event.revision, event.observed_at, event.source, event.event_key)
                           > (batch.revision, batch.observed_at, batch.source COLLATE "C",
                              batch.event_key COLLATE "C"))
        FROM batch WHERE batch.client_reference IS NOT NULL
    )
    SELECT judged.place, CASE WHEN judged.known THEN 'superseded' ELSE 'pending' END
    FROM judged WHERE judged.superseded OR NOT judged.known
$$;
COMMENT ON FUNCTION placed_outcomes(text) IS
    'Places of reports whose prediction is not here yet (pending), or of whose subject another report goes before them (superseded)';

CREATE FUNCTION settled_outcomes() RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    LOCK TABLE outcome_gate IN EXCLUSIVE MODE;
    RETURN moment;
END $$;
COMMENT ON FUNCTION settled_outcomes() IS
    'A moment of now, once everything that was received before it is committed: what was known then is in the next transaction, and does not change';

-- What the view of schema monitoring says of one subject, for the api, which reads no table.
CREATE FUNCTION states_of_subject(given_id uuid, given_name text, moment timestamptz, most integer)
RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
    SELECT to_jsonb(seen) FROM monitoring.outcomes_as_of(moment, moment) AS seen
    WHERE (seen.predicted_at = uuid_extract_timestamp(given_id) AND seen.prediction_id = given_id)
    ORDER BY seen.predicted_at DESC, seen.prediction_id LIMIT most;
    RETURN QUERY
    SELECT to_jsonb(seen) FROM monitoring.outcomes_as_of(moment, moment) AS seen
    WHERE seen.client_reference = given_name
    ORDER BY seen.predicted_at DESC, seen.prediction_id LIMIT most;
END $$;
COMMENT ON FUNCTION states_of_subject(uuid, text, timestamptz, integer) IS
    'The predictions of a subject with what was known of their outcome at a moment, the latest first';

CREATE FUNCTION reports_of_subject(given_id uuid, given_name text, moment timestamptz, most integer)
RETURNS SETOF jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
    SELECT to_jsonb(event) - 'api_key_name' FROM outcome_event AS event
    WHERE event.received_at <= moment
      AND (event.prediction_id = given_id OR event.client_reference = given_name
           OR event.client_reference = (
               SELECT log.client_reference FROM prediction_log AS log
               WHERE log.predicted_at = uuid_extract_timestamp(given_id)
                 AND log.prediction_id = given_id))
    ORDER BY event.revision DESC, event.observed_at DESC, event.source DESC, event.event_key DESC
    LIMIT most
$$;
COMMENT ON FUNCTION reports_of_subject(uuid, text, timestamptz, integer) IS
    'The reports about a subject that were received by a moment, the one that goes first at the top';

REVOKE ALL ON FUNCTION outcome_batch(text), early_outcomes(text), store_outcomes(text, text),
    placed_outcomes(text), settled_outcomes(), states_of_subject(uuid, text, timestamptz, integer),
    reports_of_subject(uuid, text, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION early_outcomes(text), store_outcomes(text, text), placed_outcomes(text),
    settled_outcomes(), states_of_subject(uuid, text, timestamptz, integer),
    reports_of_subject(uuid, text, timestamptz, integer) TO api;
GRANT EXECUTE ON FUNCTION settled_outcomes() TO analyst;
