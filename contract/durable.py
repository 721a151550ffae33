"""Files that outlast a power cut: written, and their names, once these return."""

import os
from pathlib import Path
from typing import Literal


def write(path: Path, content: bytes, mode: Literal["xb", "wb"] = "xb") -> None:
    """Write a file that must not be there yet, or with `wb` in place of one; raises OSError."""
    with path.open(mode) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
