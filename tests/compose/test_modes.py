"""The stack from a checkout that was made under umask 077: its owner alone may read the files."""

import dataclasses
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.conftest import Compose, copy_checkout

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]


@pytest.fixture
def closed(compose: Compose, tmp_path: Path) -> Iterator[Compose]:
    """A project of its own, in a copy of the checkout."""
    checkout = tmp_path / "closed 100%"
    copy_checkout(checkout)
    (checkout / "data").mkdir()
    # But for the locks: root alone reads them, and of another mode they make every image anew.
    locks = set((checkout / "requirements").rglob("*"))
    for path in {checkout, *checkout.rglob("*")} - locks:
        path.chmod(path.stat().st_mode & 0o700)
    project = f"test-{uuid.uuid4().hex[:8]}"
    stack = dataclasses.replace(compose, project=project, directory=checkout)
    yield stack
    stack.run("--profile", "*", "down", "--volumes", "--rmi", "local", check=False)


def test_each_image_can_be_read_by_its_user(closed: Compose) -> None:
    once = ("run", "--rm", "--no-deps", "-T")

    first = closed.run(*once, "first-model")
    api = closed.run(*once, "api", "python", "-c", "import api.main; print(api.__name__)")
    migrate = closed.run(*once, "migrate", "--help")
    page = ("python", "monitor", "-c", "import monitor.service as it; print(it.__name__)")
    monitor = closed.run(*once, "--entrypoint", *page)
    trained = closed.run(*once, "trainer", check=False)

    assert "Training on the BUILT-IN SAMPLE" in first.stderr + first.stdout
    assert "is active now" in first.stderr + first.stdout
    assert api.stdout.splitlines()[-1] == "api"
    assert "retain" in migrate.stdout
    assert monitor.stdout.splitlines()[-1] == "monitor.service"
    assert trained.returncode != 0
    assert "chmod -R go+rX data" in trained.stderr
