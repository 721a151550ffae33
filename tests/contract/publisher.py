"""A process that publishes and activates versions, one after the other, until it is killed.

Run as `python -m tests.contract.publisher ROOT NAME...`; each version's files name it.
"""

import itertools
import sys
from pathlib import Path

from contract.store import ModelStore

FILES = ("metadata.json", "model.joblib")
SIZE = 200_000


def files_of(version: str) -> dict[str, bytes]:
    return {name: f"{version}\n".encode() * SIZE for name in FILES}


def is_whole(directory: Path) -> bool:
    found = {path.name: path.read_bytes() for path in directory.iterdir()}
    return found == files_of(directory.name)


def main() -> None:
    store = ModelStore(Path(sys.argv[1]))
    for version in itertools.cycle(sys.argv[2:]):
        store.publish(version, files_of(version))
        store.activate(version)
        sys.stdout.write(f"{version}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
