"""What the fault tests share: a server, a model and a rig.

The long ones (marked slow_faults) run with FAULTS=full only: `make test-faults`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests import bundles
from tests.faults.report import Result
from tests.faults.rig import FULL, Rig
from tests.faults.server import Server
from tests.faults.table import PROPERTY
from tests.memory import server_directory

MakeRig = Callable[..., Rig]
Record = Callable[[Result], None]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "slow_faults: a fault test that runs with FAULTS=full only; implies faults"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what lies here, and leave out the long ones unless they are asked for."""
    here = Path(__file__).parent
    left_out = []
    for item in list(items):
        if here not in item.path.parents:
            continue
        item.add_marker(pytest.mark.faults)
        if item.get_closest_marker("slow_faults") and not FULL:
            left_out.append(item)
            items.remove(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of models with one in it."""
    root = tmp_path_factory.mktemp("models")
    bundles.publish(root, bundles.fit())
    return root


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests; each leaves it running and as it was."""
    # The long form measures, on a disk; beside other tests its syncs would be waited for in vain.
    with _on_disk() if FULL else server_directory() as root:
        server = Server(root / "postgres")
        server.start()
        yield server
        server.kill()


@contextmanager
def _on_disk() -> Iterator[Path]:
    # Not below pytest's own directories: as root the server runs as another user.
    with TemporaryDirectory(prefix="faults-") as root:
        Path(root).chmod(0o755)
        yield Path(root)


@pytest.fixture
def make_rig(server: Server, models: Path, tmp_path: Path) -> Iterator[MakeRig]:
    """Makes rigs; whatever they started is ended afterwards."""
    made: list[Rig] = []

    def make(own_server: Server | None = None, **settings: str) -> Rig:
        root = tmp_path / f"rig-{len(made)}"
        root.mkdir()
        rig = Rig(own_server or server, models, root, **settings)
        made.append(rig)
        rig.open()
        return rig

    yield make
    for rig in made:
        rig.close()


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    """A rig whose api is not started yet."""
    return make_rig()


@pytest.fixture
def record(record_property: Callable[[str, object], None]) -> Record:
    """Keeps a result for the table at the end."""
    return lambda result: record_property(PROPERTY, result.line())
