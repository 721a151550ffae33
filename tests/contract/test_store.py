"""The directory of bundles holds whole bundles only, and `current` names one of them."""

import os
import random
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract import lock
from contract.bundle_errors import BundleMissing
from contract.lock import LockError
from contract.store import ModelStore, StoreError
from tests.contract.publisher import files_of, is_whole

FILES = {"metadata.json": b"{}", "model.joblib": b"model"}


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "deep" / "models")


def hidden(store: ModelStore) -> set[str]:
    return {entry.name for entry in store.root.iterdir() if entry.name.startswith(".")}


def publish(store: ModelStore, *versions: str, activate: bool = False) -> None:
    for version in versions:
        store.publish(version, FILES)
        if activate:
            store.activate(version)


def test_nothing_is_there_before_the_first_publication(store: ModelStore) -> None:
    assert store.versions() == []
    assert store.active() is None
    assert store.previous() is None
    assert not store.has("one")
    assert not store.root.exists()


def test_a_published_bundle_is_there_whole_and_not_active(store: ModelStore) -> None:
    assert store.publish("one", FILES)

    assert store.versions() == ["one"]
    assert {path.name: path.read_bytes() for path in store.path("one").iterdir()} == FILES
    assert store.active() is None
    assert hidden(store) == set()


def test_a_second_publication_leaves_the_first_alone(store: ModelStore) -> None:
    publish(store, "one")

    assert not store.publish("one", {"metadata.json": b"other"})

    assert (store.path("one") / "metadata.json").read_bytes() == b"{}"
    assert hidden(store) == set()


def test_of_many_publishers_at_once_one_wins_and_no_bundle_is_mixed(store: ModelStore) -> None:
    barrier = threading.Barrier(6)

    def run(number: int) -> bool:
        barrier.wait()
        files = {f"{part}": f"{number}".encode() for part in range(50)}
        return store.publish("one", files)

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(run, range(6)))

    assert sum(won) == 1
    contents = {path.read_bytes() for path in store.path("one").iterdir()}
    assert contents == {str(won.index(True)).encode()}
    assert len(list(store.path("one").iterdir())) == 50
    assert hidden(store) == set()


@pytest.mark.parametrize("name", ["", ".", "..", ".staging-1", "a/b", "../x", "current"])
def test_what_cannot_be_a_version_is_refused(store: ModelStore, name: str) -> None:
    for action in (store.path, store.has, store.activate, store.remove):
        with pytest.raises(BundleMissing):
            action(name)
    with pytest.raises(BundleMissing):
        store.publish(name, FILES)


def test_only_a_published_version_can_be_activated(store: ModelStore) -> None:
    publish(store, "one", activate=True)

    with pytest.raises(BundleMissing, match="there is no bundle two in"):
        store.activate("two")

    assert store.active() == "one"


def test_a_file_is_no_version(store: ModelStore) -> None:
    publish(store, "one")
    (store.root / "notes.txt").write_text("x")

    assert store.versions() == ["one"]
    assert not store.has("notes.txt")


def test_the_previous_version_is_the_last_other_one_that_was_active(store: ModelStore) -> None:
    publish(store, "one", "two", "three", activate=True)

    assert (store.active(), store.previous()) == ("three", "two")

    store.activate("two")

    assert (store.active(), store.previous()) == ("two", "three")


def test_a_removed_version_is_nobodys_predecessor(store: ModelStore) -> None:
    publish(store, "one", "two", "three", activate=True)

    store.remove("two")

    assert store.previous() == "one"
    assert store.versions() == ["one", "three"]
    assert hidden(store) == {".activated"}


def test_a_crash_before_the_replacement_leaves_a_history_that_is_true(store: ModelStore) -> None:
    """What was about to become active never was: rolling back must not lead to it."""
    publish(store, "one", "two", activate=True)
    publish(store, "three")
    with (store.root / ".activated").open("a") as history:
        history.write("\ntwo\n")  # and there it ended

    assert (store.active(), store.previous()) == ("two", "one")


def test_the_same_version_again_is_no_change(store: ModelStore) -> None:
    publish(store, "one", "two", activate=True)
    before = (store.root / ".activated").read_text()

    store.activate("two")

    assert (store.root / ".activated").read_text() == before


def test_the_first_version_has_no_predecessor(store: ModelStore) -> None:
    publish(store, "one", activate=True)
    store.activate("one")

    assert store.previous() is None


def test_a_history_that_a_crash_cut_is_still_read(store: ModelStore) -> None:
    publish(store, "one", "two", "three", activate=True)
    with (store.root / ".activated").open("ab") as history:
        history.write(b"\n../x\n\xff\x00\n" + b"x" * 5000 + b"\nth")

    assert store.previous() == "two"

    publish(store, "four", activate=True)
    assert store.previous() == "three"


def test_a_current_that_is_damaged_names_no_version(store: ModelStore) -> None:
    publish(store, "one", "two", activate=True)
    (store.root / "current").write_bytes(b"\xff\xfe")

    assert store.active() not in store.versions()

    store.activate("one")
    assert store.active() == "one"


def test_the_active_version_cannot_be_removed(store: ModelStore) -> None:
    publish(store, "one", activate=True)

    with pytest.raises(StoreError, match="one is the active version: activate another one first"):
        store.remove("one")

    assert store.has("one")


def test_what_is_not_there_cannot_be_removed(store: ModelStore) -> None:
    publish(store, "one")

    with pytest.raises(BundleMissing, match="there is no bundle two"):
        store.remove("two")


def test_publishers_and_removers_do_not_disturb_each_other(store: ModelStore) -> None:
    """None mistakes what another one has just published or is removing for what was left behind."""

    def run(number: int) -> None:
        for attempt in range(60):
            version = f"version-{number}-{attempt}"
            publish(store, version)
            if attempt % 3 == 0:
                store.remove(version)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(run, range(6)))

    assert len(store.versions()) == 6 * 40
    assert hidden(store) == set()


def test_current_is_whole_at_every_moment(store: ModelStore) -> None:
    publish(store, "one", "a-much-longer-name", activate=True)
    done = threading.Event()
    seen: set[str | None] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(store.active())

    def write(version: str) -> None:
        for _ in range(60):
            store.activate(version)

    with ThreadPoolExecutor(3) as pool:
        reader = pool.submit(read)
        list(pool.map(write, ("one", "a-much-longer-name")))
        done.set()
        reader.result()

    assert seen <= {"one", "a-much-longer-name"}
    assert hidden(store) == {".activated"}


def test_what_a_killed_trainer_left_is_swept_away(store: ModelStore) -> None:
    publish(store, "one", activate=True)
    abandoned = store.root / ".staging-abandoned"
    abandoned.mkdir()
    (abandoned / "model.joblib").write_bytes(b"half")
    (store.root / ".current-staged").write_text("on")

    publish(store, "two", activate=True)

    assert hidden(store) == {".activated"}
    assert store.active() == "two"


@pytest.fixture
def stuck(store: ModelStore, tmp_path: Path) -> Iterator[Path]:
    """The staging directory of a publication that goes on: it writes into a pipe."""
    code = (
        "import sys, pathlib; from contract.store import ModelStore\n"
        "class Slow(dict):\n"
        "    def items(self):\n"
        "        yield 'first', b'1'\n"
        "        print('staged', flush=True); sys.stdin.read(1)\n"
        "        yield 'second', b'2'\n"
        "print(ModelStore(pathlib.Path(sys.argv[1])).publish('slow', Slow()))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(store.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "staged\n"
    (staging,) = store.root.glob(".staging-*")
    yield staging
    output, _ = process.communicate("x", timeout=30)
    assert output == "True\n"
    assert sorted(path.name for path in store.path("slow").iterdir()) == ["first", "second"]


def test_a_living_trainers_staging_is_left_alone(store: ModelStore, stuck: Path) -> None:
    publish(store, "one", activate=True)

    assert stuck.is_dir()
    assert store.versions() == ["one"]


def test_a_publisher_that_is_killed_at_any_moment_leaves_no_half_bundle(store: ModelStore) -> None:
    chance = random.Random(0)
    for attempt in range(12):
        names = [f"version-{attempt}-{number}" for number in range(200)]
        with subprocess.Popen(
            [sys.executable, "-m", "tests.contract.publisher", str(store.root), *names],
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            # Anywhere in the next few publications.
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, 0.06))
            process.kill()

        active = store.active()
        assert active is not None
        assert store.has(active)
        assert all(is_whole(store.path(version)) for version in store.versions())
        store.previous()

    store.publish("last", files_of("last"))
    store.activate("last")
    assert store.active() == "last"
    assert hidden(store) == {".activated"}


def test_a_full_disk_is_an_error_that_leaves_nothing(store: ModelStore) -> None:
    """A limit on the size of files fails a write in its middle, as a full disk does."""
    publish(store, "one", activate=True)
    code = (
        "import sys, pathlib, signal; from contract.store import ModelStore, StoreError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n"
        "    ModelStore(pathlib.Path(sys.argv[1])).publish('two', {'a': b'a', 'b': b'b' * 10**6})\n"
        "except StoreError as error:\n"
        "    print(error)\n"
    )

    found = subprocess.run(
        [sys.executable, "-c", code, str(store.root)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"cannot write {store.root / 'two'}: File too large" in found.stdout
    assert (store.versions(), store.active()) == (["one"], "one")
    assert hidden(store) == set()


def test_a_full_disk_while_activating_leaves_the_active_version(store: ModelStore) -> None:
    publish(store, "one", activate=True)
    publish(store, "two")
    code = (
        "import sys, pathlib, signal; from contract.store import ModelStore, StoreError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n"
        "    ModelStore(pathlib.Path(sys.argv[1])).activate('two')\n"
        "except StoreError as error:\n"
        "    print(error)\n"
    )

    found = subprocess.run(
        [sys.executable, "-c", code, str(store.root)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2, 2)),
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"cannot write {store.root / 'current'}" in found.stdout
    assert store.active() == "one"
    store.activate("two")
    assert store.active() == "two"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_an_error(store: ModelStore) -> None:
    publish(store, "one")
    store.root.chmod(0o555)

    with pytest.raises(StoreError, match="Permission denied"):
        publish(store, "two")


def test_a_root_that_cannot_be_a_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(StoreError, match="Not a directory"):
        ModelStore(tmp_path / "file" / "models").publish("one", FILES)


def test_nobody_else_changes_a_store_that_is_held(store: ModelStore) -> None:
    publish(store, "one", "two", activate=True)

    with store.exclusively() as held:
        with pytest.raises(LockError, match="is held by"), lock.held(store.root / "lock", wait=0.1):
            pass
        held.activate("one")

    assert held.active() == store.active() == "one"
    with lock.held(store.root / "lock", wait=0.1):
        pass


def test_a_held_store_goes_back_where_it_can_and_tells_what_came_later(store: ModelStore) -> None:
    publish(store, "one", "two", "three", activate=True)

    with store.exclusively() as held:
        assert [held.came_after(*pair) for pair in (("two", "one"), ("one", "two"))] == [
            True,
            False,
        ]
        assert not held.came_after("four", "five")
        held.back_to("two")
        assert store.previous() == "one"
        held.back_to("three")

    assert (store.active(), store.previous()) == ("three", "two")
