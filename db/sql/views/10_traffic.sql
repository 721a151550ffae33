CREATE VIEW monitoring.traffic_per_hour AS
SELECT
    date_trunc('hour', predicted_at, 'UTC') AS hour,
    model_version,
    count(*) AS predictions,
    count(DISTINCT request_id) AS requests,
    avg(probability) AS mean_probability,
    avg(prediction)::double precision AS positive_share,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS p50_duration_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p95_duration_ms
FROM prediction_log
GROUP BY 1, 2;
COMMENT ON VIEW monitoring.traffic_per_hour IS 'Predictions for each hour and model version, with their mean score and duration';

CREATE VIEW monitoring.log_lag_per_hour AS
SELECT
    date_trunc('hour', predicted_at, 'UTC') AS hour,
    count(*) AS predictions,
    count(*) FILTER (WHERE log_path = 'direct') AS past_the_spool,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM logged_at - predicted_at)) AS p50_seconds,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM logged_at - predicted_at)) AS p95_seconds,
    max(extract(epoch FROM logged_at - predicted_at))::double precision AS longest_seconds
FROM prediction_log
GROUP BY 1;
COMMENT ON VIEW monitoring.log_lag_per_hour IS 'How long rows took from their score to this database, for each hour';
