-- What `python -m db retain` took off: without it the log would seem to have lost those rows.

CREATE TABLE retired_month (
    partition_name text        PRIMARY KEY,
    predictions    bigint      NOT NULL CHECK (predictions >= 0),
    retired_at     timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE retired_month IS 'Months that were dropped from prediction_log';
COMMENT ON COLUMN retired_month.partition_name IS 'Name that the partition had, as prediction_log_2026_11';
COMMENT ON COLUMN retired_month.predictions IS 'Rows that were dropped with it, each time if it was dropped more than once';
COMMENT ON COLUMN retired_month.retired_at IS 'When it was dropped last';
