"""An emulated power cut: what was not synced is gone, bytes and names alike."""

import shutil
from pathlib import Path


class Notes:
    """What is durable of the spool, kept by the process with the fault in a directory of notes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)

    def file_synced(self, path: Path, size: int) -> None:
        """The first `size` bytes of the file are durable."""
        self._put(f"{_key(path)}.size", str(size))

    def names_synced(self, directory: Path, names: list[str]) -> None:
        """These names in the directory are durable."""
        for name in names:
            self._put(f"{_key(directory / name)}.name", "")

    def cut_power(self, spool: Path) -> int:
        """Take away from the spool of a dead process what was not durable; the bytes lost."""
        lost = 0
        for directory in spool.glob("*-*"):
            for segment in directory.glob("*.seg"):
                size = segment.stat().st_size
                durable = self._durable_size(segment) if self._is_named(segment) else 0
                lost += size - durable
                with segment.open("r+b") as file:
                    file.truncate(durable)
                if not self._is_named(segment):
                    segment.unlink()
            if not self._is_named(directory):
                shutil.rmtree(directory)
        return lost

    def _is_named(self, path: Path) -> bool:
        return (self._directory / f"{_key(path)}.name").exists()

    def _durable_size(self, path: Path) -> int:
        note = self._directory / f"{_key(path)}.size"
        return int(note.read_text()) if note.exists() else 0

    def _put(self, name: str, content: str) -> None:
        staged = self._directory / f".{name}"
        staged.write_text(content)
        staged.replace(self._directory / name)


def _key(path: Path) -> str:
    # A directory is known by a name of its own; a segment by its directory's and its own.
    return f"{path.parent.name}_{path.name}" if path.suffix == ".seg" else path.name
