"""The views of a day that name every feature, derived from the declaration."""

from psycopg2 import sql

from contract.feature import Feature
from contract.schema import DataSetSchema
from db.view_parts import NO_NUMBER, as_number, lines, mean, parts

# Aggregated before it becomes a row for each feature: eight times faster than to make ten rows of
# each of the log's.
_PER_DAY = sql.SQL(
    """
CREATE VIEW monitoring.feature_per_day AS
{parts};
COMMENT ON VIEW monitoring.feature_per_day IS
    'Share of missing values, mean and range of each feature for each day (UTC), as received;'
    ' the mean of a boolean is the share of true, a category has none';
"""
)
_PER_DAY_PART = sql.SQL(
    """SELECT
    day,
    schema_version,
    feature,
    predictions,
    (predictions - present)::double precision / predictions AS missing_share,
    mean,
    minimum,
    maximum
FROM (
    SELECT
        date_trunc('day', predicted_at AT TIME ZONE 'UTC')::date AS day,
        schema_version,
        count(*) AS predictions,
        {aggregates}
    FROM prediction_log
    WHERE schema_version = {schema}
    GROUP BY 1, 2
) AS days, LATERAL (VALUES
        {values}
) AS features (feature, present, mean, minimum, maximum)"""
)

_CATEGORIES = sql.SQL(
    """
CREATE VIEW monitoring.category_per_day AS
SELECT
    date_trunc('day', predicted_at AT TIME ZONE 'UTC')::date AS day,
    schema_version,
    feature,
    level,
    count(*) AS predictions
FROM prediction_log, LATERAL (VALUES
        {values}
) AS categories (feature, sent, level)
WHERE schema_version = {schema} AND sent IS NOT NULL
GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW monitoring.category_per_day IS
    'How often each level of each category was sent, for each day (UTC); level'
    ' is NULL for all texts together that the declaration does not name. Missing values are in'
    ' feature_per_day';
"""
)


def per_day(schema: DataSetSchema) -> sql.Composed:
    """feature_per_day."""
    queries = [
        _PER_DAY_PART.format(
            schema=sql.Literal(schema.id),
            aggregates=lines([_aggregates(*feature) for feature in part]),
            values=lines([_values(*feature) for feature in part]),
        )
        for part in parts(schema, columns=4)
    ]
    return _PER_DAY.format(parts=sql.SQL("\nUNION ALL\n").join(queries))


def categories(schema: DataSetSchema) -> sql.Composed:
    """category_per_day."""
    values = [
        sql.SQL("({}, {}, {})").format(
            sql.Literal(feature.name), sql.Identifier(feature.column), _level(feature)
        )
        for feature in schema.features
        if feature.kind == "category"
    ]
    # The view is there whatever is declared.
    none = sql.Composed([sql.SQL("(NULL::text, NULL::text, NULL::text)")])
    return _CATEGORIES.format(schema=sql.Literal(schema.id), values=lines(values or [none]))


def _level(feature: Feature) -> sql.Composed:
    column = sql.Identifier(feature.column)
    if feature.unknown == "refuse":
        return sql.Composed([column])
    levels = sql.SQL(", ").join(map(sql.Literal, feature.levels))
    return sql.SQL("CASE WHEN {} IN ({}) THEN {} END").format(column, levels, column)


def _aggregates(number: int, feature: Feature) -> sql.Composed:
    aggregates = ["count({column}) AS {present}"]
    if value := as_number(feature):
        aggregates += [
            f"{mean(feature)} AS {{mean}}",
            f"min({value})::double precision AS {{low}}",
            f"max({value})::double precision AS {{high}}",
        ]
    return sql.SQL(", ".join(aggregates)).format(
        column=sql.Identifier(feature.column), **_names(number)
    )


def _values(number: int, feature: Feature) -> sql.Composed:
    figures = "{mean}, {low}, {high}" if as_number(feature) else ", ".join([NO_NUMBER] * 3)
    return sql.SQL(f"({{feature}}, {{present}}, {figures})").format(
        feature=sql.Literal(feature.name), **_names(number)
    )


def _names(number: int) -> dict[str, sql.Identifier]:
    # Numbered, for a feature's own name with an ending may be longer than a name can be.
    names = ("present", "mean", "low", "high")
    return {name: sql.Identifier(f"{name}_{number}") for name in names}
