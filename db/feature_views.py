"""The views of schema monitoring that name every feature, derived from the declaration."""

from collections.abc import Iterator

from psycopg2 import sql

from contract.feature import MISSING_ENDING, Feature
from contract.schema import DataSetSchema
from db.daily_views import categories, per_day
from db.view_parts import lines, mean, parts

# Its bound stands inside, where it leaves all other partitions and rows unread.
_LAST_DAY = sql.SQL(
    """
CREATE VIEW {view} AS
SELECT
    -- date_bin and count are cheaper than date_trunc with a zone and a mean of IS NULL: 0.19 s
    -- instead of 0.30 s where ten million rows are in the log.
    date_bin('1 hour', predicted_at, '2000-01-01 00:00Z') AS hour,
    count(*) AS predictions,
    avg(probability) AS mean_probability,
    {means}
FROM prediction_log
WHERE schema_version = {schema} AND predicted_at >= now() - interval '24 hours'
GROUP BY 1;
COMMENT ON VIEW {view} IS
    'The last 24 hours: mean and share of missing values of each feature, hour by hour;'
    ' the mean of a boolean is the share of true, a category has none';
"""
)


def feature_views(schema: DataSetSchema) -> sql.Composed:
    """The statements that make them."""
    return sql.Composed([per_day(schema), categories(schema), *_last_days(schema)])


def _last_days(schema: DataSetSchema) -> Iterator[sql.Composed]:
    """The view, and where it cannot have all the columns another one, with a number."""
    for number, part in enumerate(parts(schema, columns=2), start=1):
        name = "last_day_by_hour" + (f"_{number}" if number > 1 else "")
        yield _LAST_DAY.format(
            view=sql.Identifier("monitoring", name),
            schema=sql.Literal(schema.id),
            means=lines([_figures(feature) for _, feature in part]),
        )


def _figures(feature: Feature) -> sql.Composed:
    return sql.SQL(
        f"{mean(feature)} AS {{column}},"
        " (count(*) - count({column}))::double precision / count(*) AS {missing}"
    ).format(
        column=sql.Identifier(feature.column),
        missing=sql.Identifier(feature.column + MISSING_ENDING),
    )
