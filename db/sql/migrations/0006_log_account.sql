-- What was answered and is in no table yet is visible, also of a process or a host that is gone.

ALTER TABLE log_counter
    -- Where to look for rows that do not come.
    ADD COLUMN instance text,
    ADD COLUMN spool    text,
    -- Null where the process is of a release that does not tell.
    ADD COLUMN waiting  bigint CHECK (waiting >= 0),
    ADD COLUMN ended_at timestamptz;

-- Their release did not tell when they ended; most are long gone.
UPDATE log_counter SET ended_at = counted_at;

COMMENT ON COLUMN log_counter.counted_at IS 'Its last report (at least every ten seconds), or the first of whoever drained its spool';
COMMENT ON COLUMN log_counter.instance IS 'Host name of the process: in the stack the id of its container';
COMMENT ON COLUMN log_counter.spool IS 'Directory of its spool, there';
COMMENT ON COLUMN log_counter.waiting IS 'Rows that were answered and lay only in its spool, as of the last report';
COMMENT ON COLUMN log_counter.ended_at IS 'When it ended with nothing left in its spool, or when that was drained by another; null: it runs, or its spool is still to be drained';
