"""The features' part of the database, derived from the declaration: columns, check, view."""

import re
from collections.abc import Iterator

from psycopg2 import sql
from sqlalchemy import Connection, text

from contract.schema import DataSetSchema, Feature
from db.errors import SchemaConflict
from db.sql import run_composed

_TYPES = {"integer": "integer", "float": "double precision"}

_COLUMNS = text(
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
    " WHERE attrelid = 'prediction_log'::regclass AND attnum > 0 AND NOT attisdropped"
)
_CHECKS = text("SELECT conname FROM pg_constraint WHERE conrelid = 'prediction_log'::regclass")


def add_columns(connection: Connection, schema: DataSetSchema) -> Iterator[str]:
    """Add the columns and the check that the declaration needs; yields what was added.

    Columns are nullable, since the log may hold rows of several declarations: what a row must
    have is in the check of its own one. Nothing is ever renamed or removed. Raises SchemaConflict.
    """
    existing = {column.attname: column.format_type for column in connection.execute(_COLUMNS)}
    for feature in schema.features:
        kind = _TYPES[feature.kind]
        found = existing.get(feature.column)
        if found is None:
            run_composed(
                connection,
                "ALTER TABLE prediction_log ADD COLUMN {column} {kind}",
                column=sql.Identifier(feature.column),
                kind=sql.SQL(kind),
            )
            yield f"column {feature.column}: added"
        elif found != kind:
            raise SchemaConflict(
                f"prediction_log.{feature.column} is {found}, the declaration {schema.id} needs"
                f" {kind}: give the feature another name in contract/datasets"
            )
        _comment(connection, feature)
    yield from _add_check(connection, schema)


def feature_view(schema: DataSetSchema) -> sql.Composed:
    """The view monitoring.feature_per_day: one row for each day, declaration and feature."""
    values = sql.SQL(",\n        ").join(
        sql.SQL("({}, {}::double precision)").format(
            sql.Literal(feature.name), sql.Identifier(feature.column)
        )
        for feature in schema.features
    )
    return sql.SQL(
        """
CREATE VIEW monitoring.feature_per_day AS
SELECT
    date_trunc('day', predicted_at AT TIME ZONE 'UTC')::date AS day,
    schema_version,
    feature,
    count(*) AS predictions,
    avg((value IS NULL)::int)::double precision AS missing_share,
    avg(value) AS mean,
    min(value) AS minimum,
    max(value) AS maximum
FROM prediction_log, LATERAL (VALUES
        {values}
) AS features (feature, value)
WHERE schema_version = {schema}
GROUP BY 1, 2, 3;
COMMENT ON VIEW monitoring.feature_per_day IS
    'Share of missing values, mean and range of each feature for each day (UTC), as received'
"""
    ).format(values=values, schema=sql.Literal(schema.id))


def _comment(connection: Connection, feature: Feature) -> None:
    run_composed(
        connection,
        "COMMENT ON COLUMN prediction_log.{column} IS {comment}",
        column=sql.Identifier(feature.column),
        comment=sql.Literal(
            f"{feature.name}, as received: {feature.description}"
            f" ({feature.unit}; {feature.allowed})"
        ),
    )


def _add_check(connection: Connection, schema: DataSetSchema) -> Iterator[str]:
    name = "prediction_log_" + re.sub(r"\W+", "_", schema.id) + "_features"
    if name in set(connection.execute(_CHECKS).scalars()):
        return
    rules = sql.SQL(" AND ").join(_rule(feature) for feature in schema.features)
    run_composed(
        connection,
        "ALTER TABLE prediction_log ADD CONSTRAINT {name}"
        " CHECK (schema_version <> {schema} OR ({rules}))",
        name=sql.Identifier(name),
        schema=sql.Literal(schema.id),
        rules=rules,
    )
    yield f"check {name}: added"


def _rule(feature: Feature) -> sql.Composed:
    # A check passes where it is NULL: whether a value may be missing is said on its own.
    rule = "{column} BETWEEN {low} AND {high}"
    if not feature.nullable:
        rule = "{column} IS NOT NULL AND " + rule
    return sql.SQL(rule).format(
        column=sql.Identifier(feature.column),
        low=sql.Literal(feature.minimum),
        high=sql.Literal(feature.maximum),
    )
