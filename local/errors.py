"""What can go wrong with the local service."""


class LocalError(Exception):
    """The local service cannot be started or used; the message says why, and what to do."""


class LocalPostgresError(LocalError):
    """The embedded PostgreSQL cannot be used."""


class PortTaken(LocalPostgresError):
    """Another process listens on the database's port."""
