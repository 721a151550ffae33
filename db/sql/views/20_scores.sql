CREATE VIEW monitoring.score_distribution AS
SELECT
    date_trunc('day', predicted_at AT TIME ZONE 'UTC')::date AS day,
    model_version,
    -- 20 bins of 0.05; the last one holds probability 1 as well.
    least(width_bucket(probability, 0, 1, 20), 20) AS bin,
    (least(width_bucket(probability, 0, 1, 20), 20) - 1) * 0.05::double precision AS bin_from,
    count(*) AS predictions
FROM prediction_log
GROUP BY 1, 2, 3;
COMMENT ON VIEW monitoring.score_distribution IS 'Predictions for each day (UTC), model version and bin of 0.05 of the probability';

CREATE VIEW monitoring.predictions_per_model_version AS
SELECT
    log.model_version,
    known.data_is_sample,
    known.data_source,
    known.created_at,
    log.first_prediction,
    log.last_prediction,
    log.predictions,
    log.mean_probability,
    log.positive_share
FROM (
    SELECT
        model_version,
        min(predicted_at) AS first_prediction,
        max(predicted_at) AS last_prediction,
        count(*) AS predictions,
        avg(probability) AS mean_probability,
        avg(prediction)::double precision AS positive_share
    FROM prediction_log
    GROUP BY model_version
) AS log
LEFT JOIN model_version AS known USING (model_version);
COMMENT ON VIEW monitoring.predictions_per_model_version IS 'What each model version predicted, and what it was trained on';
