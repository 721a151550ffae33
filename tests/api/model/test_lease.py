"""What an api serves is never removed, whatever is active, and nothing else is kept by that."""

import fcntl
import os
import signal
from pathlib import Path

import pytest

from contract.store import ModelStore, VersionInUse
from tests.api.bundle import publish
from tests.api.model.test_swap import refused, served, wait_until
from tests.api.service import Service
from trainer import versions
from trainer.context import Context
from trainer.settings import TrainerSettings


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """Three versions; the last is active."""
    for seed in (1, 2, 3):
        publish(tmp_path / "models", seed=seed)
    return ModelStore(tmp_path / "models")


@pytest.fixture
def settings(store: ModelStore, settings: dict[str, str]) -> dict[str, str]:
    return settings | {"MODELS_DIR": str(store.root), "MODEL_POLL_SECONDS": "0.05"}


def prune(store: ModelStore, **more: str) -> None:
    versions.prune(Context.of(TrainerSettings(models_dir=store.root, **more)), keep=1)  # type: ignore[arg-type]


def test_a_version_that_is_pinned_by_model_version_is_kept_while_it_is_served(
    store: ModelStore,
    settings: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pinned = next(version for version in store.versions() if version != store.active())

    with Service(tmp_path, settings | {"MODEL_VERSION": pinned}):
        prune(store)

        assert f"kept {pinned} is in use: an api serves it" in capsys.readouterr().out
        assert pinned in store.versions()
        assert store.active() in store.versions()
    prune(store)
    assert pinned not in store.versions() or len(store.versions()) <= 2


def test_a_version_that_is_served_because_the_active_one_was_refused_is_kept(
    store: ModelStore, settings: dict[str, str], tmp_path: Path
) -> None:
    before = str(store.active())
    other = next(version for version in store.versions() if version != before)

    with Service(tmp_path, settings) as service:
        (store.path(other) / "golden.json").write_bytes(b"{}")
        store.activate(other)
        refused(service)

        with pytest.raises(VersionInUse, match=f"{before} is in use"):
            store.remove(before)
        prune(store)
        assert served(service) == before
    assert before in store.versions()


def test_what_was_swapped_out_is_let_go(
    store: ModelStore, settings: dict[str, str], tmp_path: Path
) -> None:
    before = str(store.active())
    other = next(version for version in store.versions() if version != before)

    with Service(tmp_path, settings) as service:
        store.activate(other)
        wait_until(lambda: served(service) == other, "the other version is served")

        def removed() -> bool:
            try:
                store.remove(before)
            except VersionInUse:
                return False
            return True

        wait_until(removed, "the lease ends with the model")


def test_a_killed_api_keeps_nothing(
    store: ModelStore, settings: dict[str, str], tmp_path: Path
) -> None:
    pinned = next(version for version in store.versions() if version != store.active())

    with Service(tmp_path, settings | {"MODEL_VERSION": pinned}) as service:
        service.stop(signal.SIGKILL)

    store.remove(pinned)
    assert pinned not in store.versions()


def test_the_version_of_a_stopped_api_is_kept_by_its_setting(store: ModelStore) -> None:
    oldest = next(version for version in store.versions() if version != store.active())

    prune(store, model_version=oldest)

    assert oldest in store.versions()


@pytest.mark.timeout(60)
def test_whoever_locks_what_can_be_read_keeps_no_api_from_serving(
    store: ModelStore, settings: dict[str, str], tmp_path: Path
) -> None:
    descriptor = os.open(store.path(str(store.active())) / "metadata.json", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with Service(tmp_path, settings) as service:
            assert served(service) == store.active()
    finally:
        os.close(descriptor)
