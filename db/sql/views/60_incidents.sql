CREATE FUNCTION monitoring.hour_at(number jsonb) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
    SELECT timestamptz '2000-01-01 00:00Z' + number::integer * interval '1 hour'
$$;
COMMENT ON FUNCTION monitoring.hour_at(jsonb) IS
    'The time of an hour that is numbered from 2000-01-01 00:00 UTC, as the records of incidents do';

CREATE VIEW monitoring.incidents AS
SELECT
    incident.incident_id,
    incident.model_version,
    incident.opened_at,
    ended.at AS closed_at,
    ended.content->>'ending' AS ending,
    ended.content->>'reason' AS reason,
    monitoring.hour_at(moved.content #> '{onset,hour}') AS onset,
    monitoring.hour_at(moved.content #> '{onset,low}') AS onset_from,
    monitoring.hour_at(moved.content #> '{onset,high}') AS onset_until,
    ARRAY(SELECT jsonb_path_query(moved.content, '$.moved[*].stream') #>> '{}') AS moved,
    coalesce(diagnosed.content #>> '{diagnosis,cause}', 'undetermined') AS cause,
    ARRAY(SELECT jsonb_path_query(diagnosed.content, '$.diagnosis.columns[*]') #>> '{}') AS columns,
    diagnosed.content #> '{diagnosis,segment}' AS segment,
    coalesce((diagnosed.content #>> '{diagnosis,actionable}')::boolean, false) AS actionable,
    coalesce(diagnosed.content #>> '{diagnosis,action}', 'wait') AS action,
    diagnosed.at AS diagnosed_at
FROM incident
LEFT JOIN LATERAL (
    SELECT content FROM incident_record AS record
    WHERE record.incident_id = incident.incident_id AND kind IN ('opened', 'extended')
    ORDER BY record_id DESC LIMIT 1
) AS moved ON true
LEFT JOIN LATERAL (
    SELECT at, content FROM incident_record AS record
    WHERE record.incident_id = incident.incident_id AND kind = 'diagnosed'
    ORDER BY record_id DESC LIMIT 1
) AS diagnosed ON true
LEFT JOIN LATERAL (
    SELECT at, content FROM incident_record AS record
    WHERE record.incident_id = incident.incident_id AND kind = 'ended'
    ORDER BY record_id DESC LIMIT 1
) AS ended ON true;
COMMENT ON VIEW monitoring.incidents IS
    'Each incident as it is known now: what moved and since when, the latest diagnosis, and how it ended; closed_at is null while it is open';
