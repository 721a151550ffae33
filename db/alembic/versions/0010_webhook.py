"""Runs 0010_webhook.sql."""

from db.sql import run_migration

revision = "0010"
down_revision: str | None = "0009"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0010_webhook.sql")
