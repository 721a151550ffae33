"""What goes to one worker together when tests run side by side (pytest -n), and in which order."""

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

# What only one may use at a time: the container engine's cores, a client's environment.
TOGETHER = {
    "tests/compose/": "compose",
    "tests/security/test_compose_passwords.py": "compose",
    "tests/clients/": "clients",
}

# The longest first, so that the workers end at about the same time.
FIRST = (
    "compose",
    "tests/api/test_openapi.py",
    "tests/faults/test_postgres.py",
    "tests/trainer/test_commands.py",
    "tests/faults/test_spool.py",
    "tests/local/test_stack.py",
    "tests/monitor/page/test_browser.py",
    "tests/faults/test_api.py",
    "tests/local/test_venv.py",
    "tests/faults/test_crash_points.py",
    "tests/faults/test_network.py",
    "tests/faults/test_broken_promises.py",
    "tests/security/test_cost_of_a_body.py",
)


def share_of(nodeid: str) -> str:
    """The part of the tests that this one goes with: its module, for they share a service."""
    for beginning, share in TOGETHER.items():
        if nodeid.startswith(beginning):
            return share
    return nodeid.split("::", 1)[0]


def in_order(items: list[pytest.Item]) -> None:
    """Put the long shares first, and last those in which all have to wait for a test alone."""
    waiting = {share_of(item.nodeid) for item in items if item.get_closest_marker("alone")}

    def rank(item: pytest.Item) -> int:
        share = share_of(item.nodeid)
        if share in waiting:
            return len(FIRST) + 1
        return FIRST.index(share) if share in FIRST else len(FIRST)

    items.sort(key=rank)


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands out share after share, in the order of the collection."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)
