"""Runs 0005_harmless_refusals.sql."""

from db.sql import run_migration

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0005_harmless_refusals.sql")
