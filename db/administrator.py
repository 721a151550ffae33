"""The administrator's way in, also to a server with the password of an earlier release."""

from collections.abc import Iterator

from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from db.connection import admin, wait_for
from db.errors import PasswordRefused
from db.provision import set_password
from db.settings import DEFAULT_PASSWORD, MigrateSettings


def let_in(settings: MigrateSettings) -> Iterator[str]:
    """Wait for Postgres and see that the administrator gets in; yields what was done.

    Where the password comes from a file, and the server has the default of earlier releases, that
    is changed to the file's. Raises DatabaseUnreachable.
    """
    try:
        wait_for(admin(settings), settings.database_wait_seconds)
    except PasswordRefused as refusal:
        role = settings.admin.get("user", "postgres")
        if settings.database_admin_password_file is None or not _replaced_default(settings, role):
            raise PasswordRefused(
                f"{refusal}. A server keeps the password of its first start, in the stack in the"
                " volume db, whatever POSTGRES_PASSWORD says later: set that one again, or change"
                f" it in the server (docker compose exec db psql -U {role} -c"
                f" \"ALTER ROLE {role} PASSWORD '...'\"), and run this again"
            ) from refusal
        yield f"role {role}: had the default password of earlier releases, now has its own"


def _replaced_default(settings: MigrateSettings, role: str) -> bool:
    wanted = settings.admin["password"]
    before = settings.model_copy(update={"database_admin_password": SecretStr(DEFAULT_PASSWORD)})
    try:
        with admin(before).connect() as connection:
            set_password(connection, role, wanted)
    except OperationalError:
        return False
    return True
