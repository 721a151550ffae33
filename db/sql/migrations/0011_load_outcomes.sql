-- A file's reports are read once: what is early is found by the statement that stores the others.

CREATE FUNCTION known_outcomes(reports text, left_out integer[], moment timestamptz)
RETURNS TABLE (place integer, answer text)
LANGUAGE sql STABLE AS $$
    WITH batch AS MATERIALIZED (
        SELECT *, row_number() OVER (
            PARTITION BY sent.prediction_id, sent.client_reference, sent.source, sent.event_key
            ORDER BY sent.place) AS time
        FROM outcome_batch(reports) AS sent
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
COMMENT ON FUNCTION known_outcomes(text, integer[], timestamptz) IS
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
        RETURN QUERY SELECT * FROM known_outcomes(reports, '{}', moment);
    END IF;
END $$;

CREATE FUNCTION load_outcomes(reports text)
RETURNS TABLE (place integer, answer text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- Each is looked up by an index: whole months of the log must not be read for a few reports.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    moment   timestamptz;
    inserted bigint;
    sent     bigint;
    early    integer[];
BEGIN
    -- As in store_outcomes.
    LOCK TABLE outcome_gate IN ROW SHARE MODE;
    moment := clock_timestamp();
    WITH batch AS MATERIALIZED (
        SELECT *, coalesce(observed_at < CASE WHEN prediction_id IS NOT NULL THEN (
            SELECT date_trunc('second', coalesce(log.event_time, log.predicted_at)) FROM prediction_log AS log
            WHERE log.predicted_at = uuid_extract_timestamp(line.prediction_id)
              AND log.prediction_id = line.prediction_id)
        ELSE (
            SELECT date_trunc('second', min(coalesce(log.event_time, log.predicted_at))) FROM prediction_log AS log
            WHERE log.client_reference = line.client_reference)
        END, false) AS is_early
        FROM outcome_batch(reports) AS line
    ), added AS (
        INSERT INTO outcome_event (prediction_id, client_reference, source, event_key, state, outcome,
                                   revision, observed_at, received_at)
        SELECT batch.prediction_id, batch.client_reference, batch.source, batch.event_key, batch.state,
               batch.outcome, batch.revision, batch.observed_at, moment
        FROM batch WHERE NOT batch.is_early
        ORDER BY batch.prediction_id, batch.client_reference COLLATE "C", batch.source COLLATE "C",
                 batch.event_key COLLATE "C", batch.place
        ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT (SELECT count(*) FROM batch), (SELECT count(*) FROM added),
           ARRAY(SELECT batch.place FROM batch WHERE batch.is_early)
    INTO sent, inserted, early;
    IF inserted < sent THEN
        RETURN QUERY SELECT unnest(early), 'early';
        RETURN QUERY SELECT * FROM known_outcomes(reports, early, moment);
    END IF;
END $$;
COMMENT ON FUNCTION load_outcomes(text) IS
    'Stores what is new of the reports, received now, but for those that early_outcomes would name; for each other one its place, and early, or as store_outcomes';

REVOKE ALL ON FUNCTION known_outcomes(text, integer[], timestamptz), load_outcomes(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION load_outcomes(text) TO api;
