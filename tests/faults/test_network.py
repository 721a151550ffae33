"""What may happen to the network between the api and Postgres."""

import pytest

from tests.faults.conftest import Record
from tests.faults.processes import wait_until
from tests.faults.proxy import DELAY_SECONDS
from tests.faults.rig import FULL, Rig, pause
from tests.faults.scenario import survived

# Long enough that the first 50 ms, in which answers still wait, are less than one in a hundred.
FAULT_SECONDS = 30 if FULL else 6


def test_cut(rig: Rig, record: Record) -> None:
    rig.api.start()

    with survived(rig, record, "network to Postgres cut, three times"):
        for _ in range(3):
            rig.network("cut")
            pause(1)
            assert rig.api.log_state()["state"] == "postgres_away"
            rig.network("pass")
            rig.api.wait_for_state("normal")


@pytest.mark.parametrize("timeout", [pytest.param("25", marks=pytest.mark.slow_faults), "2"])
def test_black_hole(rig: Rig, record: Record, timeout: str) -> None:
    """Nothing is refused and nothing comes through; the watchdog ends the call if need be."""
    rig.service(LOG_POSTGRES_TIMEOUT_SECONDS=timeout).start()

    with survived(rig, record, f"network a black hole, watchdog at {timeout} s"):
        rig.network("black_hole")
        pause(FAULT_SECONDS)
        assert rig.api.log_state()["state"] == "postgres_away"
        rig.network("pass")
        rig.api.wait_for_state("normal")


def test_slow(rig: Rig, record: Record) -> None:
    """A commit takes longer than answers wait for it, so they come from the spool.

    Each of them waits for LOG_VISIBLE_WAIT_MS first, except behind a backlog.
    """
    rig.api.start()

    with survived(rig, record, "network 250 ms slower each way", times_healthy=None) as load:
        rig.network("slow")
        pause(FAULT_SECONDS)
        rig.network("pass")
        rig.api.wait_for_state("normal")

    # A commit takes half a second and more; what did not wait for it took less on any machine.
    during = sorted(item.seconds for item in load.exchanges if item.phase == "during")
    assert during[int(0.9 * len(during))] < 2 * DELAY_SECONDS
    if FULL:  # a time: see scenario.py
        assert during[int(0.99 * len(during))] < 0.15


def test_the_reply_to_a_commit_lost(rig: Rig, record: Record) -> None:
    """The server has the rows, the api cannot know: it sends them again."""
    rig.api.start()
    losses = 30 if FULL else 8

    with survived(rig, record, f"reply to COMMIT lost {losses} times"):
        for _ in range(losses):
            rig.network("lose_replies")
            wait_until(lambda: rig.proxy.mode == "pass", seconds=10, what="a reply is lost")
            pause(0.2)
        rig.api.wait_for_state("normal")

    # The api reports its counters every five seconds.
    wait_until(
        lambda: rig.sql("SELECT sum(duplicate) > 0 FROM log_counter")[0][0],
        seconds=20,
        what="rows that were sent again are counted as duplicates",
    )
