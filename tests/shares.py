"""What goes to one worker together when tests run side by side (pytest -n), and in which order."""

from pathlib import PurePosixPath

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

# Each of these has something that only one may use at a time: a stack, an installed client.
TOGETHER = ("tests/compose", "tests/clients")

# The longest first: what is begun last then ends at about the same time.
FIRST = ("tests/compose",)


def share_of(nodeid: str) -> str:
    """The part of the tests that this one goes with: its module, or a whole directory."""
    module = nodeid.split("::", 1)[0]
    folder = PurePosixPath(module).parent.as_posix()
    return folder if folder in TOGETHER else module


def rank(item: pytest.Item) -> int:
    """Where the item's share stands among all: the long ones first."""
    share = share_of(item.nodeid)
    return FIRST.index(share) if share in FIRST else len(FIRST)


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands out share after share, in the order of the collection."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)
