-- Cases about retraining: what was proposed, who decided, and what was made active for it.

CREATE TABLE retraining_record (
    record_id     bigint      PRIMARY KEY CHECK (record_id > 0),
    case_id       bigint      NOT NULL CHECK (case_id > 0),
    at            timestamptz NOT NULL CHECK (at >= '1000-01-01 00:00Z' AND at < '10000-01-01 00:00Z'),
    kind          text        NOT NULL CHECK (kind IN (
        'proposed', 'looked', 'approved', 'rejected', 'refused',
        'promoting', 'promoted', 'rolling_back', 'rolled_back', 'undone')),
    -- As it was written, to the byte: jsonb would write numbers of its own, and the hash is of these.
    content       json        NOT NULL CHECK (json_typeof(content) = 'object'),
    previous_hash text        NOT NULL CHECK (previous_hash ~ '^[0-9a-f]{64}$'),
    hash          text        NOT NULL UNIQUE CHECK (hash ~ '^[0-9a-f]{64}$'),
    written_by    text        NOT NULL CHECK (char_length(written_by) BETWEEN 1 AND 200),
    written_at    timestamptz NOT NULL
);
CREATE INDEX retraining_record_of_case ON retraining_record (case_id, record_id);
COMMENT ON TABLE retraining_record IS 'What became of each case about retraining, as it became: rows are added and never changed, each with the hash of the one before';
COMMENT ON COLUMN retraining_record.record_id IS 'In the order in which they were written, over all cases, without a gap';
COMMENT ON COLUMN retraining_record.case_id IS 'The case: 1, 2, 3 as they were opened, without a gap';
COMMENT ON COLUMN retraining_record.at IS 'Business time at which it was done';
COMMENT ON COLUMN retraining_record.kind IS 'proposed: opens a case; looked: takes the place of what was proposed; approved, rejected: by a person; refused: something had changed since the approval; promoting, rolling_back: begun; promoted, rolled_back: done; undone: begun, and came to nothing';
COMMENT ON COLUMN retraining_record.content IS 'Members by kind (docs/decisions/0016), as canonical JSON';
COMMENT ON COLUMN retraining_record.previous_hash IS 'Hash of the record before; 64 zeros for the first';
COMMENT ON COLUMN retraining_record.hash IS 'SHA-256 over the canonical JSON of all other columns, in hexadecimal';
COMMENT ON COLUMN retraining_record.written_by IS 'Who proposed, approved, promoted and so on, as far as they said';
COMMENT ON COLUMN retraining_record.written_at IS 'When it was stored, by the clock of this server';

-- Held by whoever decides about a case, from before its records are read until the commit.
CREATE TABLE retraining_gate ();
COMMENT ON TABLE retraining_gate IS 'Never a row: its lock tells who is writing records about retraining';

CREATE FUNCTION refuse_record_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'records about retraining are never changed or removed: add another'
        USING ERRCODE = 'insufficient_privilege';
END $$;
COMMENT ON FUNCTION refuse_record_change() IS 'Refuses, also to the owner, whatever would change retraining_record otherwise than by adding to it';
CREATE TRIGGER refuse_record_change BEFORE UPDATE OR DELETE ON retraining_record
    FOR EACH ROW EXECUTE FUNCTION refuse_record_change();
CREATE TRIGGER refuse_record_truncation BEFORE TRUNCATE ON retraining_record
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_record_change();

CREATE FUNCTION append_retraining_record(
    case_number bigint, moment timestamptz, what text, document text, author text)
RETURNS SETOF retraining_record
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    form CONSTANT text := 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';
    added retraining_record;
BEGIN
    LOCK TABLE retraining_gate IN EXCLUSIVE MODE;
    IF (what = 'proposed') <> (case_number IS NULL) THEN
        RAISE EXCEPTION 'a case is opened by a proposal, and by nothing else'
            USING ERRCODE = 'check_violation';
    END IF;
    IF case_number IS NOT NULL
       AND NOT EXISTS (SELECT FROM retraining_record WHERE case_id = case_number) THEN
        RAISE EXCEPTION 'there is no case %', case_number USING ERRCODE = 'foreign_key_violation';
    END IF;
    SELECT coalesce(max(record_id), 0) + 1, coalesce(case_number, coalesce(max(case_id), 0) + 1)
    INTO added.record_id, added.case_id FROM retraining_record;
    SELECT hash INTO added.previous_hash FROM retraining_record WHERE record_id = added.record_id - 1;
    added.previous_hash := coalesce(added.previous_hash, repeat('0', 64));
    added.at := moment;
    added.kind := what;
    added.content := document::json;
    added.written_by := author;
    added.written_at := clock_timestamp();
    -- The members in the order of their names, as contract/digest.py writes a document.
    added.hash := encode(sha256(convert_to(
        '{"at":' || to_json(to_char(moment AT TIME ZONE 'UTC', form))
        || ',"case_id":' || added.case_id
        || ',"content":' || document
        || ',"kind":' || to_json(what)
        || ',"previous_hash":' || to_json(added.previous_hash)
        || ',"record_id":' || added.record_id
        || ',"written_at":' || to_json(to_char(added.written_at AT TIME ZONE 'UTC', form))
        || ',"written_by":' || to_json(author) || '}', 'UTF8')), 'hex');
    INSERT INTO retraining_record SELECT added.*;
    RETURN NEXT added;
END $$;
COMMENT ON FUNCTION append_retraining_record(bigint, timestamptz, text, text, text) IS
    'Adds a record to a case, or opens one where the case is null, and gives it its number and its hash; the content has to be canonical JSON, else the chain is broken there';
REVOKE ALL ON FUNCTION refuse_record_change(),
    append_retraining_record(bigint, timestamptz, text, text, text) FROM PUBLIC;

GRANT USAGE ON SCHEMA public TO retraining;
GRANT SELECT ON prediction_log, outcome_event, outcome_window, retired_month, log_counter,
    model_version, model_activation, reference_profile,
    rollup_state, rollup_hour, rollup_day, outcome_hour, outcome_day,
    incident, incident_record, operator_note, watch_state, monitor_clock,
    retraining_record TO retraining;
GRANT UPDATE ON retraining_gate TO retraining;
GRANT EXECUTE ON FUNCTION settled_outcomes(),
    append_retraining_record(bigint, timestamptz, text, text, text) TO retraining;
