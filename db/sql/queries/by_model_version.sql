-- What each model version predicted in the last seven days.
SELECT
    model_version,
    count(*) AS predictions,
    avg(probability) AS mean_probability,
    min(predicted_at) AS first_prediction,
    max(predicted_at) AS last_prediction
FROM prediction_log
WHERE predicted_at >= now() - interval '7 days'
GROUP BY model_version
ORDER BY last_prediction DESC;
