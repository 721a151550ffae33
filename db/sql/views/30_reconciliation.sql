CREATE VIEW monitoring.log_reconciliation AS
SELECT
    logged,
    answered,
    accepted,
    quarantined,
    -- Answered, and neither here nor in quarantine: on its way out of a spool, or lost.
    answered - quarantined - logged AS not_yet_logged
FROM (SELECT (SELECT count(*) FROM prediction_log)
             + (SELECT coalesce(sum(predictions), 0)::bigint FROM retired_month) AS logged) AS log,
     (SELECT coalesce(sum(answered), 0)::bigint AS answered,
             coalesce(sum(accepted), 0)::bigint AS accepted,
             coalesce(sum(quarantined), 0)::bigint AS quarantined
      FROM log_counter) AS counted;
COMMENT ON VIEW monitoring.log_reconciliation IS 'Rows that were logged, those of retired months included, against what the api processes counted; exact when they have reported and nobody was killed';
