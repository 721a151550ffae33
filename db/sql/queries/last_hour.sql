-- The last hour, newest first.
SELECT *
FROM prediction_log
WHERE predicted_at >= now() - interval '1 hour'
ORDER BY predicted_at DESC
LIMIT 100;
