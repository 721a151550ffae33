"""How long after its event an outcome is due, as the declaration says."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from contract.declaration import Declaration

_KEEP = text(
    "INSERT INTO outcome_window AS known (schema_version, outcome_due)"
    " VALUES (:schema, CAST(:due AS interval)) ON CONFLICT (schema_version) DO UPDATE"
    " SET outcome_due = excluded.outcome_due WHERE known.outcome_due <> excluded.outcome_due"
)
_FORGET = text("DELETE FROM outcome_window WHERE schema_version = :schema")


def declare_window(connection: Connection, declaration: Declaration) -> Iterator[str]:
    """Keep it for models whose own metadata do not say it; yields what was changed."""
    schema, due = declaration.schema.id, declaration.outcome_due
    statement = _FORGET if due is None else _KEEP
    with connection.begin():
        changed = connection.execute(statement, {"schema": schema, "due": due}).rowcount
    if changed:
        yield f"outcomes of {schema}: due {due or 'at no declared time'}"
