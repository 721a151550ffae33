"""Runs 0003_retired_month.sql."""

from db.sql import run_migration

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0003_retired_month.sql")
