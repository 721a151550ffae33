"""Where a row goes that Postgres will never take, and bytes that were a frame once."""

import hashlib
from pathlib import Path

from contract import durable
from db.log.directory import QUARANTINE, SUFFIX
from db.log.segment import Form, encode


class Quarantine:
    """`<spool>/quarantine/`: for each case a reason, and what it was, ready to be drained again."""

    def __init__(self, root: Path) -> None:
        self._path = root / QUARANTINE

    def row(self, form: Form, line: bytes, reason: str) -> None:
        """Keep one row as a segment of its own; raises OSError."""
        segment = encode(form.document, 0, form) + encode(line, 1, form)
        self._keep(segment, SUFFIX, reason)

    def damage(self, content: bytes, origin: str) -> None:
        """Keep bytes that no reader could make sense of; raises OSError."""
        self._keep(content, ".bin", f"damaged bytes in {origin}")

    def _keep(self, content: bytes, suffix: str, reason: str) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        # Named by the content: what is met again after an interruption is still one case.
        name = hashlib.sha256(content).hexdigest()[:32]
        durable.write(self._path / f"{name}.txt", f"{reason}\n".encode(), "wb")
        durable.write(self._path / f"{name}{suffix}", content, "wb")
        durable.sync_directory(self._path)
