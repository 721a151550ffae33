-- A file's reports come as columns, which Postgres reads faster than lines.

CREATE TYPE outcome_columns AS (
    prediction_id    uuid[],
    client_reference text[],
    source           text[],
    event_key        text[],
    state            text[],
    outcome          smallint[],
    revision         integer[],
    observed_at      timestamptz[]
);
COMMENT ON TYPE outcome_columns IS 'Reports by their columns, all of one length: at each place one report, as outcome_event has it';

-- Whoever calls these has set the path. They are functions so that what calls them holds their text.
CREATE FUNCTION outcome_rows(reports outcome_columns)
RETURNS TABLE (place integer, prediction_id uuid, client_reference text, source text, event_key text,
               state text, outcome smallint, revision integer, observed_at timestamptz)
LANGUAGE sql STABLE AS $$
    -- Not in FROM, where each column would be kept whole before the first row is made.
    SELECT generate_series(1, cardinality(reports.source)), unnest(reports.prediction_id),
           unnest(reports.client_reference), unnest(reports.source), unnest(reports.event_key),
           unnest(reports.state), unnest(reports.outcome), unnest(reports.revision),
           unnest(reports.observed_at)
$$;
COMMENT ON FUNCTION outcome_rows(outcome_columns) IS 'The reports as rows, in their order';

CREATE FUNCTION new_outcomes(reports outcome_columns, left_out integer[], moment timestamptz)
RETURNS TABLE (prediction_id uuid, client_reference text, source text, event_key text, state text,
               outcome smallint, revision integer, observed_at timestamptz, received_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT line.prediction_id, line.client_reference, line.source, line.event_key, line.state,
           line.outcome, line.revision, line.observed_at, moment
    FROM outcome_rows(reports) AS line
    WHERE line.place NOT IN (SELECT unnest(left_out))
    -- So that of two who store the same at once one waits for the other, and never both.
    ORDER BY line.prediction_id, line.client_reference COLLATE "C", line.source COLLATE "C",
             line.event_key COLLATE "C", line.place
$$;
COMMENT ON FUNCTION new_outcomes(outcome_columns, integer[], timestamptz) IS
    'The reports, but for the places that are left out, as rows of outcome_event that were received at a moment, in the order of their keys';

DROP FUNCTION known_outcomes(text, integer[], timestamptz);
CREATE FUNCTION known_outcomes(reports outcome_columns, left_out integer[], moment timestamptz)
RETURNS TABLE (place integer, answer text)
LANGUAGE sql STABLE AS $$
    WITH batch AS MATERIALIZED (
        SELECT *, row_number() OVER (
            PARTITION BY sent.prediction_id, sent.client_reference, sent.source, sent.event_key
            ORDER BY sent.place) AS time
        FROM outcome_rows(reports) AS sent
        WHERE sent.place NOT IN (SELECT unnest(left_out))
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
               AND known.writer = pg_current_xact_id()::xid)
$$;
COMMENT ON FUNCTION known_outcomes(outcome_columns, integer[], timestamptz) IS
    'Places of the reports, but for some that are left out, that were there before this transaction stored the others at a moment: duplicate, or conflict where the key is known with another content';

CREATE OR REPLACE FUNCTION store_outcomes(reports text, key_name text)
RETURNS TABLE (place integer, answer text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    moment   timestamptz;
    inserted bigint;
    sent     bigint;
    columns  outcome_columns;
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
    IF inserted < sent THEN
        SELECT array_agg(prediction_id ORDER BY place), array_agg(client_reference ORDER BY place),
               array_agg(source ORDER BY place), array_agg(event_key ORDER BY place),
               array_agg(state ORDER BY place), array_agg(outcome ORDER BY place),
               array_agg(revision ORDER BY place), array_agg(observed_at ORDER BY place)
        INTO columns FROM outcome_batch(reports);
        RETURN QUERY SELECT * FROM known_outcomes(columns, '{}', moment);
    END IF;
END $$;

DROP FUNCTION load_outcomes(text);
CREATE FUNCTION load_outcomes(reports outcome_columns)
RETURNS TABLE (place integer, answer text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- Each is looked up by an index: whole months of the log must not be read for a few reports.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz;
    early  integer[];
BEGIN
    -- As in store_outcomes.
    LOCK TABLE outcome_gate IN ROW SHARE MODE;
    moment := clock_timestamp();
    early := ARRAY(
        SELECT line.place FROM outcome_rows(reports) AS line
        WHERE line.observed_at < CASE WHEN line.prediction_id IS NOT NULL THEN (
            SELECT date_trunc('second', coalesce(log.event_time, log.predicted_at)) FROM prediction_log AS log
            WHERE log.predicted_at = uuid_extract_timestamp(line.prediction_id)
              AND log.prediction_id = line.prediction_id)
        ELSE (
            SELECT date_trunc('second', min(coalesce(log.event_time, log.predicted_at))) FROM prediction_log AS log
            WHERE log.client_reference = line.client_reference)
        END);
    BEGIN
        -- As if none of them were known: asking of each row what is there costs a third more.
        INSERT INTO outcome_event (prediction_id, client_reference, source, event_key, state, outcome,
                                   revision, observed_at, received_at)
        SELECT * FROM new_outcomes(reports, early, moment);
        RETURN QUERY SELECT unnest(early), 'early';
    EXCEPTION WHEN unique_violation THEN
        INSERT INTO outcome_event (prediction_id, client_reference, source, event_key, state, outcome,
                                   revision, observed_at, received_at)
        SELECT * FROM new_outcomes(reports, early, moment)
        ON CONFLICT DO NOTHING;
        RETURN QUERY SELECT unnest(early), 'early';
        RETURN QUERY SELECT * FROM known_outcomes(reports, early, moment);
    END;
END $$;
COMMENT ON FUNCTION load_outcomes(outcome_columns) IS
    'Stores what is new of the reports, received now, but for those that early_outcomes would name; for each other one its place, and early, or as store_outcomes';

REVOKE ALL ON FUNCTION outcome_rows(outcome_columns), new_outcomes(outcome_columns, integer[], timestamptz),
    known_outcomes(outcome_columns, integer[], timestamptz), load_outcomes(outcome_columns) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION load_outcomes(outcome_columns) TO api;
