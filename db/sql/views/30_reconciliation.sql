CREATE VIEW monitoring.log_reconciliation AS
SELECT
    logged,
    answered,
    accepted,
    quarantined,
    -- Answered, and neither here nor in quarantine: on its way out of a spool, or lost.
    answered - quarantined - logged AS not_yet_logged
FROM (SELECT count(*) AS logged FROM prediction_log) AS log,
     (SELECT coalesce(sum(answered), 0)::bigint AS answered,
             coalesce(sum(accepted), 0)::bigint AS accepted,
             coalesce(sum(quarantined), 0)::bigint AS quarantined
      FROM log_counter) AS counted;
COMMENT ON VIEW monitoring.log_reconciliation IS 'Rows in the log against what the api processes counted; exact when they have reported and nobody was killed';
