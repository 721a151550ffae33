"""The features' columns and check in prediction_log, derived from the declaration."""

import re
from collections.abc import Iterator

from psycopg2 import sql
from sqlalchemy import Connection, text

from contract.feature import MAX_TEXT, Feature
from contract.schema import DataSetSchema
from contract.width import MAX_FEATURE_BYTES, feature_bytes
from db.errors import SchemaConflict
from db.log.row import FEATURE_TYPES
from db.sql import run_composed

_MOST_COLUMNS = 1600
_ANOTHER = "give this data set a database of its own (DATABASE_NAME, or another project of compose)"

_COLUMNS = text(
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
    " WHERE attrelid = 'prediction_log'::regclass AND attnum > 0 AND NOT attisdropped"
    " ORDER BY attnum"
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
    existing = _existing(connection)
    if conflict := next(_conflicts(existing, schema), None):
        raise SchemaConflict(conflict)
    added = [feature for feature in schema.features if feature.column not in existing]
    if added:
        # In one statement: each would lock and rewrite the definition of every partition.
        run_composed(
            connection,
            "ALTER TABLE prediction_log {columns}",
            columns=sql.SQL(", ").join(
                sql.SQL("ADD COLUMN {} {}").format(
                    sql.Identifier(feature.column), sql.SQL(FEATURE_TYPES[feature.kind])
                )
                for feature in added
            ),
        )
    for feature in schema.features:
        _comment(connection, feature)
    yield from (f"column {feature.column}: added" for feature in added)
    _check_width(connection, schema)
    yield from _add_check(connection, schema)


def _existing(connection: Connection) -> dict[str, str]:
    """The columns of the log in their order, and their types."""
    return {column.attname: column.format_type for column in connection.execute(_COLUMNS)}


def _conflicts(existing: dict[str, str], schema: DataSetSchema) -> Iterator[str]:
    for feature in schema.features:
        kind, found = FEATURE_TYPES[feature.kind], existing.get(feature.column)
        if found not in {None, kind}:
            yield (
                f"prediction_log.{feature.column} is {found}, as another declaration has it, and"
                f" {schema.id} needs {kind}: give {feature.name} another sql_name in the"
                " declaration"
            )
    new = {feature.column for feature in schema.features} - set(existing)
    if len(existing) + len(new) > _MOST_COLUMNS:
        yield (
            f"prediction_log has {len(existing):,} columns, those of other declarations among them,"
            f" and {schema.id} needs {len(new):,} more; a table of PostgreSQL has at most"
            f" {_MOST_COLUMNS:,}: {_ANOTHER}"
        )


def _check_width(connection: Connection, schema: DataSetSchema) -> None:
    """Columns of other declarations may be in an order that wastes room between them."""
    places = {column: place for place, column in enumerate(_existing(connection))}
    ordered = sorted(schema.features, key=lambda feature: places[feature.column])
    if (size := feature_bytes(ordered)) > MAX_FEATURE_BYTES:
        raise SchemaConflict(
            f"a row of {schema.id} can take {size:,} bytes in the order in which other declarations"
            f" have its columns, and the log holds {MAX_FEATURE_BYTES:,}: {_ANOTHER}"
        )


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
            f" ({'; '.join(filter(None, [feature.unit, feature.allowed]))})"
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
            " declaration's version whenever a feature changes"
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
    column = sql.Identifier(feature.column)
    rules = [] if feature.nullable else [sql.SQL("{} IS NOT NULL").format(column)]
    if feature.is_numeric:
        low, high = map(sql.Literal, feature.bounds)
        rules.append(sql.SQL("{} BETWEEN {} AND {}").format(column, low, high))
    elif feature.kind == "category" and feature.unknown == "refuse":
        levels = sql.SQL(", ").join(map(sql.Literal, feature.levels))
        rules.append(sql.SQL("{} IN ({})").format(column, levels))
    elif feature.kind == "category":
        rules.append(
            sql.SQL("char_length({}) BETWEEN 1 AND {}").format(column, sql.Literal(MAX_TEXT))
        )
    return sql.SQL(" AND ").join(rules or [sql.SQL("true")])
