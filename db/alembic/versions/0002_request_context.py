"""Runs 0002_request_context.sql."""

from db.sql import run_migration

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0002_request_context.sql")
