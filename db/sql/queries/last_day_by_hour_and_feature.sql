-- The last 24 hours: mean and share of missing values of some features, hour by hour.
SELECT
    date_trunc('hour', predicted_at, 'UTC') AS hour,
    count(*) AS predictions,
    avg(probability) AS mean_probability,
    avg(monthly_income) AS monthly_income,
    avg((monthly_income IS NULL)::int) AS monthly_income_missing,
    avg(debt_ratio) AS debt_ratio,
    avg(age) AS age
FROM prediction_log
WHERE predicted_at >= now() - interval '24 hours'
GROUP BY 1
ORDER BY 1;
