CREATE VIEW monitoring.log_process AS
SELECT
    process_id,
    instance,
    spool,
    CASE
        WHEN ended_at IS NOT NULL THEN 'ended'
        -- It reports at least every ten seconds.
        WHEN counted_at > now() - interval '30 seconds' THEN 'running'
        ELSE 'silent'
    END AS state,
    started_at,
    counted_at,
    ended_at,
    accepted,
    answered,
    refused,
    quarantined,
    CASE WHEN ended_at IS NULL THEN coalesce(waiting, 0) ELSE 0 END AS not_yet_logged
FROM log_counter;
COMMENT ON VIEW monitoring.log_process IS 'Each api process by its last report. silent: it ended, or cannot reach Postgres, and its spool was not drained by another: it may hold answered rows that nobody has counted here';

CREATE VIEW monitoring.log_reconciliation AS
SELECT
    logged,
    answered,
    accepted,
    quarantined,
    -- Answered, and neither here nor in quarantine: on its way out of a spool, or lost. What the
    -- processes say of their spools, and the difference of the sums: each knows of rows that the
    -- other does not. Rows that were logged without an answer make the difference smaller.
    greatest(waiting, answered - quarantined - logged, 0) AS not_yet_logged
FROM (SELECT (SELECT count(*) FROM prediction_log)
             + (SELECT coalesce(sum(predictions), 0)::bigint FROM retired_month) AS logged) AS log,
     (SELECT coalesce(sum(answered), 0)::bigint AS answered,
             coalesce(sum(accepted), 0)::bigint AS accepted,
             coalesce(sum(quarantined), 0)::bigint AS quarantined
      FROM log_counter) AS counted,
     (SELECT coalesce(sum(not_yet_logged), 0)::bigint AS waiting
      FROM monitoring.log_process) AS processes;
COMMENT ON VIEW monitoring.log_reconciliation IS 'Rows that were logged, those of retired months included, against what the api processes reported; not_yet_logged is never more than what is missing by these reports. See log_process for who reports no more';
