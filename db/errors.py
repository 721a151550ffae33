"""What can go wrong in the database's commands."""


class DatabaseError(Exception):
    """A command on the database failed; what it began was undone."""


class DatabaseUnreachable(DatabaseError):
    """Postgres does not answer, or does not let us in."""


class PasswordRefused(DatabaseUnreachable):
    """Postgres knows another password of the role than we do."""


class SchemaConflict(DatabaseError):
    """The database holds something else under a name that the schema needs."""


class UnsafeSettings(DatabaseError):
    """The settings must not be used in production."""


class UnusableURL(DatabaseError):
    """The connection URL asks for what the commands cannot work with."""
