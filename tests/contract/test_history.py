"""A rollback goes back through what was active, as far as that goes, and never forward again."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.store import ModelStore, StoreError
from tests.contract.test_store import publish


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    made = ModelStore(tmp_path / "models")
    publish(made, "a", "b", "c", "d")
    return made


def activate(store: ModelStore, versions: str) -> None:
    for version in versions:
        store.activate(version)


def back(store: ModelStore) -> str | None:
    """Where the next rollback leads, after going there."""
    previous = store.previous()
    if previous is not None:
        store.roll_back(previous)
        assert store.active() == previous
    return previous


def all_the_way(store: ModelStore) -> str:
    return "".join(iter(lambda: back(store) or "", ""))


def test_a_second_rollback_goes_further_back(store: ModelStore) -> None:
    activate(store, "abc")

    assert all_the_way(store) == "ba"
    assert (store.active(), store.previous()) == ("a", None)


def test_activating_makes_new_history(store: ModelStore) -> None:
    activate(store, "abc")
    back(store)
    activate(store, "d")

    assert all_the_way(store) == "ba"


def test_activating_an_older_one_is_no_rollback(store: ModelStore) -> None:
    activate(store, "abca")

    assert all_the_way(store) == "cba"


@given(st.lists(st.sampled_from("abcd<")))
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_it_is_a_stack(store: ModelStore, steps: list[str]) -> None:
    for name in ("current", ".activated"):
        (store.root / name).unlink(missing_ok=True)
    active, stack = "", list[str]()

    for step in steps:
        if step == "<":
            back(store)
            active = stack.pop() if stack else active
        else:
            store.activate(step)
            if active and active != step:
                stack.append(active)
            active = step

    assert (store.active() or "") == active
    assert all_the_way(store) == "".join(reversed(stack))


def test_a_version_that_is_gone_is_skipped(store: ModelStore) -> None:
    activate(store, "abc")
    store.remove("b")

    assert all_the_way(store) == "a"


def test_a_rollback_that_somebody_overtook_changes_nothing(store: ModelStore) -> None:
    activate(store, "abc")

    with pytest.raises(StoreError, match="a is not the previous version any more"):
        store.roll_back("a")

    assert (store.active(), store.previous()) == ("c", "b")


def test_a_crash_in_the_middle_of_a_rollback_loses_nothing(store: ModelStore) -> None:
    """`current` is written first; the history then ends with what is active."""
    activate(store, "abc")
    (store.root / "current").write_text("b\n")

    assert all_the_way(store) == "a"


def test_the_history_of_the_release_before_is_read(store: ModelStore) -> None:
    activate(store, "c")
    (store.root / ".activated").write_text("\na\n\nb\n")

    assert all_the_way(store) == "ba"


def test_the_history_stays_short(store: ModelStore) -> None:
    activate(store, "ab")
    (store.root / ".activated").write_text("a\nb\n" * 5000)

    activate(store, "c")

    assert len((store.root / ".activated").read_text().split()) == 1000
    assert (store.active(), store.previous()) == ("c", "b")
