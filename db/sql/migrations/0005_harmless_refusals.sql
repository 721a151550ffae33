-- Refused requests are kept without any name that the caller made up, and each row is small.

-- What is there already is made so, too: an unknown field's name, or that of a parameter, may be
-- somebody's address or number.
UPDATE rejected_request AS refused
SET errors = (
    WITH offence AS (
        SELECT place, entry, entry ->> 'rule' AS rule,
               entry ->> 'rule' <> 'unknown' AND entry ->> 'pointer' NOT LIKE '%/parameters/%' AS ours
        FROM jsonb_array_elements(refused.errors) WITH ORDINALITY AS sent (entry, place)
    ), ranked AS (
        SELECT *, ours AND count(*) FILTER (WHERE ours) OVER (ORDER BY place) <= 10 AS kept FROM offence
    ), told AS (
        SELECT place, entry FROM ranked WHERE kept
        UNION ALL
        SELECT max(place) + 1000, jsonb_build_object('pointer', '', 'rule', rule, 'count', count(*))
        FROM ranked WHERE NOT kept GROUP BY rule
    )
    SELECT jsonb_agg(entry ORDER BY place) FROM told
)
WHERE jsonb_typeof(errors) = 'array'
  AND (errors @? '$[*] ? (@.rule == "unknown" || @.pointer like_regex "/parameters/")'
       OR errors @? 'strict $ ? (@.size() > 10)');

-- A wall for every writer. The rows that are there are small by now.
ALTER TABLE rejected_request
    ADD CONSTRAINT rejected_request_is_small CHECK (
        length(request_id) <= 128 AND length(route) <= 200 AND length(model_version) <= 200
        AND octet_length(errors::text) <= 4096
    );

COMMENT ON TABLE rejected_request IS 'Refused requests, best effort, at most 120 a minute and 20,000 a day and process; never a value or a name that was sent';
COMMENT ON COLUMN rejected_request.errors IS 'Array of objects with pointer (JSON pointer of the field) and rule (which it broke); what stands at no place of ours, or is one too many, is counted for its rule, at the pointer ''''';
