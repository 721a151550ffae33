-- What later phases need to know of a row, what was refused, and the log's own accounts.

ALTER TABLE prediction_log
    -- A batch is answered as a whole: its rows can be put together again, in order.
    ADD COLUMN instance_index   integer NOT NULL DEFAULT 0 CHECK (instance_index >= 0),
    ADD COLUMN batch_size       integer NOT NULL DEFAULT 1 CHECK (batch_size >= 1),
    -- Outcomes arrive months later under the caller's own key: this joins them.
    ADD COLUMN client_reference text CHECK (length(client_reference) <= 200),
    -- Replayed and simulated traffic happens at another time than the wall clock's.
    ADD COLUMN event_time       timestamptz,
    -- Tells which rows a broken spool let through, when an incident is looked into.
    ADD COLUMN log_path         text NOT NULL DEFAULT 'spool' CHECK (log_path IN ('spool', 'direct')),
    -- Joins a prediction with the traces of the request that caused it (W3C Trace Context).
    ADD COLUMN trace_id         text CHECK (trace_id ~ '^[0-9a-f]{32}$'),
    -- Protocols differ in what they can send; monitoring must be able to tell them apart.
    ADD COLUMN route            text NOT NULL DEFAULT '/predict',
    ADD CONSTRAINT prediction_log_instance_in_batch CHECK (instance_index < batch_size);

COMMENT ON COLUMN prediction_log.instance_index IS 'Place of the instance in its request, from 0';
COMMENT ON COLUMN prediction_log.batch_size IS 'Instances in the request';
COMMENT ON COLUMN prediction_log.client_reference IS 'The caller''s own name for the case (X-Client-Reference)';
COMMENT ON COLUMN prediction_log.event_time IS 'The caller''s business time (X-Event-Time), where it differs from ours';
COMMENT ON COLUMN prediction_log.log_path IS 'spool: through the spool; direct: past it, for it could not be written';
COMMENT ON COLUMN prediction_log.trace_id IS 'Trace of the request, 32 hexadecimal digits';
COMMENT ON COLUMN prediction_log.route IS 'Route that was called';

CREATE TABLE rejected_request (
    rejection_id  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rejected_at   timestamptz NOT NULL DEFAULT now(),
    request_id    text        NOT NULL,
    route         text        NOT NULL,
    status        smallint    NOT NULL CHECK (status BETWEEN 400 AND 599),
    errors        jsonb       NOT NULL,
    model_version text,
    suppressed    bigint      NOT NULL DEFAULT 0 CHECK (suppressed >= 0)
);

COMMENT ON TABLE rejected_request IS 'Refused requests, best effort and at most 120 a minute and process; never a value that was sent';
COMMENT ON COLUMN rejected_request.rejection_id IS 'Order of arrival here';
COMMENT ON COLUMN rejected_request.rejected_at IS 'When the row was stored';
COMMENT ON COLUMN rejected_request.request_id IS 'X-Request-ID of the request';
COMMENT ON COLUMN rejected_request.route IS 'Route that was called';
COMMENT ON COLUMN rejected_request.status IS 'HTTP status of the answer';
COMMENT ON COLUMN rejected_request.errors IS 'Array of objects with pointer (JSON pointer of the field) and rule (which it broke)';
COMMENT ON COLUMN rejected_request.model_version IS 'Version whose schema refused it';
COMMENT ON COLUMN rejected_request.suppressed IS 'Refusals since the process''s previous row that were counted, but not stored';

CREATE TABLE log_counter (
    process_id  uuid        PRIMARY KEY,
    started_at  timestamptz NOT NULL,
    counted_at  timestamptz NOT NULL,
    accepted    bigint      NOT NULL,
    answered    bigint      NOT NULL,
    committed   bigint      NOT NULL,
    spooled     bigint      NOT NULL,
    drained     bigint      NOT NULL,
    duplicate   bigint      NOT NULL,
    quarantined bigint      NOT NULL,
    refused     bigint      NOT NULL
);

COMMENT ON TABLE log_counter IS 'What each api process counted of its rows, as of its last report (every five seconds, and at its end)';
COMMENT ON COLUMN log_counter.process_id IS 'One run of one api process';
COMMENT ON COLUMN log_counter.started_at IS 'Its start';
COMMENT ON COLUMN log_counter.counted_at IS 'Its last report';
COMMENT ON COLUMN log_counter.accepted IS 'Rows handed to the log';
COMMENT ON COLUMN log_counter.answered IS 'Rows that were answered: committed + spooled';
COMMENT ON COLUMN log_counter.committed IS 'Rows answered because they were stored here';
COMMENT ON COLUMN log_counter.spooled IS 'Rows answered because they were durable in the spool';
COMMENT ON COLUMN log_counter.drained IS 'Rows that this process stored here, of its own and of processes that were gone';
COMMENT ON COLUMN log_counter.duplicate IS 'Rows that it sent and that were here already';
COMMENT ON COLUMN log_counter.quarantined IS 'Rows that can never be stored; they lie in the spool''s quarantine';
COMMENT ON COLUMN log_counter.refused IS 'Rows answered with 503';

GRANT INSERT ON rejected_request TO api;
GRANT SELECT, INSERT, UPDATE ON log_counter TO api;
