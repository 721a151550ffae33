"""Runs 0006_log_account.sql."""

from db.sql import run_migration

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0006_log_account.sql")
