"""What a run keeps on the disk: the rows in order, and the journal beside them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from replay.clients import Clients
from replay.errors import ReplayError
from replay.journal import Journal
from replay.preparation import Form, prepare
from replay.rows import Rows

_ROWS = "rows.sqlite"


@contextmanager
def journal_in(directory: Path) -> Iterator[Journal]:
    """The journal of a directory, which is made; raises ReplayError, or OSError."""
    directory.mkdir(exist_ok=True, parents=True)
    journal = Journal(directory)
    try:
        yield journal
    finally:
        journal.close()


def prepared(
    directory: Path, file: Path, form: Form, progress: Callable[[int], None]
) -> tuple[Rows, tuple[str, ...]]:
    """The rows of the file, all of them checked, and the columns that nobody reads.

    Raises WrongStream, or OSError.
    """
    made = directory / f"{_ROWS}.part"
    rows = Rows.make(made)
    try:
        columns = prepare(file, form, rows, progress)
        rows.finish()
    except BaseException:
        rows.close()
        made.unlink()
        raise
    rows.close()
    made.replace(directory / _ROWS)
    return Rows(directory / _ROWS), columns.ignored


def kept(
    directory: Path, journal: Journal, about: dict[str, Any], keys: dict[str, str]
) -> tuple[Rows, Clients]:
    """What a run that ended before its end left; raises ReplayError where it was another one."""
    known = journal.about or {}
    for name, what in about.items():
        if known.get(name) != what:
            raise ReplayError(
                f"{directory}: the replay that was interrupted had another {name}"
                f" ({known.get(name)}, now {what}): go on as it began, or begin anew in a fresh"
                " database with another --state"
            )
    if not (directory / _ROWS).exists():
        raise ReplayError(
            f"{directory / _ROWS} is gone, without which the replay cannot go on: begin anew in a"
            " fresh database with another --state"
        )
    return Rows(directory / _ROWS), Clients(keys, list(known["clients"]))


def discard(directory: Path) -> None:
    """Remove the rows, which nobody needs any more; the journal stays."""
    (directory / _ROWS).unlink()
