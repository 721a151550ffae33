-- Most rows come with others of their hour: for these the function runs two statements, not three.

CREATE OR REPLACE FUNCTION mark_rollup() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    earliest   timestamptz;
    latest     timestamptz;
    found_hour timestamptz;
BEGIN
    SELECT date_bin('1 hour', min(coalesce(event_time, predicted_at)), '2000-01-01 00:00Z'),
           date_bin('1 hour', max(coalesce(event_time, predicted_at)), '2000-01-01 00:00Z')
    INTO earliest, latest FROM inserted;
    IF earliest = latest THEN
        PERFORM FROM rollup_mark WHERE hour = earliest LIMIT 1 FOR KEY SHARE SKIP LOCKED;
        IF NOT FOUND THEN
            INSERT INTO rollup_mark (hour) VALUES (earliest);
        END IF;
        RETURN NULL;
    END IF;
    FOR found_hour IN
        SELECT DISTINCT date_bin('1 hour', coalesce(event_time, predicted_at), '2000-01-01 00:00Z') FROM inserted
    LOOP
        PERFORM FROM rollup_mark WHERE hour = found_hour LIMIT 1 FOR KEY SHARE SKIP LOCKED;
        IF NOT FOUND THEN
            INSERT INTO rollup_mark (hour) VALUES (found_hour);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
