"""Where a row goes that Postgres will never take, and what no release could store."""

import hashlib
import os
import uuid
from pathlib import Path

from contract.durable import sync_directory
from db.log.directory import QUARANTINE, SUFFIX
from db.log.form import Form
from db.log.private import close_directory, close_file, make_directory, open_file
from db.log.segment import encode


class Quarantine:
    """`<spool>/quarantine/`: for each case a reason, and what it was, ready to be drained again."""

    def __init__(self, root: Path) -> None:
        self._path = root / QUARANTINE

    def rows(self, form: Form, lines: bytes, rows: int, reason: str) -> None:
        """Keep rows as a segment of their own; raises OSError."""
        segment = encode(form.document, 0, form) + encode(lines, rows, form)
        self._keep(segment, SUFFIX, reason)

    def damage(self, content: bytes, reason: str) -> None:
        """Keep bytes that no reader could make sense of; raises OSError."""
        self._keep(content, ".bin", reason)

    def segment(self, path: Path, reason: str) -> str:
        """Take over a whole segment; the name that it has here. Raises OSError."""
        self._make()
        name = uuid.uuid4().hex
        self._write(f"{name}.txt", f"{reason}\n".encode())
        close_file(path)
        path.replace(self._path / f"{name}{SUFFIX}")
        sync_directory(self._path)
        return name

    def _keep(self, content: bytes, suffix: str, reason: str) -> None:
        self._make()
        # Named by the content: what is met again after an interruption is still one case.
        name = hashlib.sha256(content).hexdigest()[:32]
        self._write(f"{name}.txt", f"{reason}\n".encode())
        self._write(f"{name}{suffix}", content)
        sync_directory(self._path)

    def _make(self) -> None:
        make_directory(self._path)
        # Raises where it is a link: what lies elsewhere is not ours to write.
        close_directory(self._path)

    def _write(self, name: str, content: bytes) -> None:
        descriptor = open_file(self._path / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
