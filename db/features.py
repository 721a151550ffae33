"""The features' columns and check in prediction_log, derived from the declaration."""

import re
from collections.abc import Iterator

from psycopg2 import sql
from sqlalchemy import Connection, text

from contract.feature import Feature, Kind
from contract.schema import DataSetSchema
from db.errors import SchemaConflict
from db.sql import run_composed
from db.tables import PREDICTION_LOG

_TYPES: dict[Kind, str] = {
    "integer": "integer",
    "float": "double precision",
    "boolean": "boolean",
    "category": "text",
}

_COLUMNS = text(
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
    " WHERE attrelid = 'prediction_log'::regclass AND attnum > 0 AND NOT attisdropped"
)
_DEFINITION = text(
    "SELECT regexp_replace(pg_get_constraintdef(oid), ' NOT VALID$', '') FROM pg_constraint"
    " WHERE conrelid = to_regclass(:table) AND conname = :name"
)
_NOT_VALIDATED = text(
    "SELECT conname FROM pg_constraint"
    " WHERE conrelid = 'prediction_log'::regclass AND contype = 'c' AND NOT convalidated"
)


def add_columns(connection: Connection, schema: DataSetSchema) -> Iterator[str]:
    """Add the columns and the check that the declaration needs; yields what was added.

    Columns are nullable, since the log may hold rows of several declarations: what a row must
    have is in the check of its own one. Nothing is ever renamed or removed. Raises SchemaConflict.
    """
    existing = {column.attname: column.format_type for column in connection.execute(_COLUMNS)}
    for feature in schema.features:
        kind = _TYPES[feature.kind]
        found = existing.get(feature.column)
        if feature.column in PREDICTION_LOG.columns:
            raise SchemaConflict(
                f"prediction_log.{feature.column} is the log's own, and the declaration {schema.id}"
                f" has a feature of that name: give it another one in contract/datasets"
            )
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


def validate_checks(connection: Connection) -> None:
    """Hold the rows that are there already against the checks that are new.

    Apart from adding them, since this reads the whole log: it lets inserts go on, adding does not.
    """
    for name in connection.execute(_NOT_VALIDATED).scalars().all():
        run_composed(
            connection,
            "ALTER TABLE prediction_log VALIDATE CONSTRAINT {name}",
            name=sql.Identifier(name),
        )


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
    found = _definition(connection, "prediction_log", name)
    if found is None:
        _constrain(connection, "prediction_log", name, schema)
        yield f"check {name}: added"
    elif found != _definition_of(connection, name, schema):
        # Rows under one name would have been checked by two rules, and those that the api takes
        # by the new rule could not be stored under the old one.
        raise SchemaConflict(
            f"the features of {schema.id} are not those that the log knows by that name: raise the"
            " declaration's version in contract/datasets whenever a feature changes"
        )


def _definition_of(connection: Connection, name: str, schema: DataSetSchema) -> str | None:
    """The check as Postgres spells it: tried on an empty table of the same columns."""
    run_composed(connection, "CREATE TEMPORARY TABLE declared (LIKE prediction_log) ON COMMIT DROP")
    _constrain(connection, "declared", name, schema)
    return _definition(connection, "declared", name)


def _definition(connection: Connection, table: str, name: str) -> str | None:
    return connection.execute(_DEFINITION, {"table": table, "name": name}).scalar()


def _constrain(connection: Connection, table: str, name: str, schema: DataSetSchema) -> None:
    run_composed(
        connection,
        "ALTER TABLE {table} ADD CONSTRAINT {name}"
        " CHECK (schema_version <> {schema} OR ({rules})) NOT VALID",
        table=sql.Identifier(table),
        name=sql.Identifier(name),
        schema=sql.Literal(schema.id),
        rules=sql.SQL(" AND ").join(_rule(feature) for feature in schema.features),
    )


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
