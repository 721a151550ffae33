-- The last 24 hours, hour by hour: mean and share of missing values of every feature.
SELECT *
FROM monitoring.last_day_by_hour
ORDER BY hour;
