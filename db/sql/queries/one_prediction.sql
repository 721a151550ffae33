-- One prediction by its id alone: the time inside the id finds the partition.
SELECT *
FROM prediction_log
WHERE predicted_at = uuid_extract_timestamp('01a208a3-fdf0-7665-a6d2-56079f72e1b2')
  AND prediction_id = '01a208a3-fdf0-7665-a6d2-56079f72e1b2';
