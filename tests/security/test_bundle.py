"""What an unsigned bundle may hold: everything that a reader goes by is described, or refused.

Each bundle here agrees with itself in every hash, as one does that somebody made on purpose.
"""

import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from contract import bundle, provenance
from contract.bundle_errors import BundleDamaged, BundleError
from contract.digest import canonical_json, sha256
from contract.metadata import METADATA
from contract.store import ModelStore
from tests import plain
from tests.api.conftest import log_database
from tests.api.service import Service
from tests.bundles import Fitted, publish
from tests.conftest import Database
from tests.contract.conftest import fitted

__all__ = ["fitted", "log_database"]  # fixtures

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def directory(fitted: Fitted, tmp_path: Path) -> Path:
    return publish(tmp_path / "models", fitted)


def sealed(directory: Path, change: Change) -> Path:
    """The bundle with other metadata, and with version, name and checksum that belong to them."""
    path = directory / METADATA
    metadata = json.loads(path.read_text())
    del metadata["checksum"]
    change(metadata)
    # What makes a version may itself be what was broken.
    try:
        metadata["version"] = provenance.version_of(metadata)
    except (LookupError, TypeError, ValueError):
        metadata.setdefault("version", directory.name)
    metadata["checksum"] = sha256(canonical_json(metadata))
    path.write_text(json.dumps(metadata))
    version = str(metadata["version"])
    return directory.rename(directory.with_name(version)) if version.isprintable() else directory


def with_file(directory: Path, name: str, content: bytes) -> Path:
    (directory / name).write_bytes(content)
    return sealed(directory, lambda of: of["files"].update({name: sha256(content)}))


def with_document(directory: Path, name: str, change: Change) -> Path:
    document = json.loads((directory / name).read_bytes())
    change(document)
    return with_file(directory, name, canonical_json(document))


def refusal(directory: Path) -> str:
    """The one error that every damage ends in: printable, short, and with what to do."""
    with pytest.raises(BundleDamaged) as refused:
        bundle.load(directory)
    reason = str(refused.value)
    assert reason.isprintable()
    assert len(reason) < 1000
    assert "restore it, or remove the directory and train again" in reason
    return reason


def test_a_bundle_that_was_only_sealed_again_loads(directory: Path) -> None:
    """Else the tests below prove nothing."""
    bundle.load(sealed(directory, lambda of: of["threshold"].update(value=0.5)))


@pytest.mark.parametrize("value", [5, -0.1, 1.0000001, None, "0.5", True, [0.5], {}, 10**30])
def test_a_threshold_is_a_share(directory: Path, value: object) -> None:
    refusal(sealed(directory, lambda of: of["threshold"].update(value=value)))


@pytest.mark.parametrize(
    "name",
    [
        "../current",
        "/etc/hostname",
        "..",
        ".",
        "",
        ".hidden",
        "a/b",
        "a\\b",
        "a\0b",
        "a\nb",
        "a\x1b[2Jb",
        "a b",
        "metadata.json",
        "signature.json",
        "n" * 200,
        "\u202egnp.exe",
    ],
)
def test_only_plain_names_are_files(directory: Path, name: str) -> None:
    refusal(sealed(directory, lambda of: of["files"].update({name: "0" * 64})))


@pytest.mark.parametrize("digest", [None, 1, "", "0" * 63, "G" * 64, "A" * 64, ["0" * 64]])
def test_a_digest_is_a_digest(directory: Path, digest: object) -> None:
    refusal(sealed(directory, lambda of: of["files"].update({"card.md": digest})))


def test_files_are_bounded_in_number(directory: Path) -> None:
    many = {f"file-{number}": "0" * 64 for number in range(100)}

    refusal(sealed(directory, lambda of: of["files"].update(many)))


@pytest.mark.parametrize(
    "moment",
    [
        None,
        5,
        "",
        "yesterday",
        "2026-11-23",
        "2026-11-23T10:00:00",
        "2026-02-30T10:00:00+00:00",
        "20261123T100000+0000",
        "0001-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-23T10:00:00+23:59",
        "2026-11-23T10:00:00+00:00\x1b[31m",
        "infinity",
    ],
)
def test_a_moment_is_one_that_python_and_postgres_take(directory: Path, moment: object) -> None:
    refusal(sealed(directory, lambda of: of.update(created_at=moment)))


TEXTS: list[Change] = [
    lambda of: of["data"].update(source="real\0data"),
    lambda of: of["data"].update(source="real\x1b]0;data"),
    lambda of: of["data"].update(source="real\ndata"),
    lambda of: of["data"].update(source="\u202edata"),
    lambda of: of["threshold"].update(reason="\x9b2J"),
    lambda of: of["metrics"].update({"\0": 1}),
    lambda of: of["settings"].update(note={"deep": ["\0"]}),
    lambda of: of["libraries"].update(numpy="\x07"),
    lambda of: of.update(python="\r"),
    lambda of: of.update(dataset="gmsc\x1b[2J"),
    lambda of: of.update(schema_version="gmsc/1\0"),
]


@pytest.mark.parametrize("change", TEXTS)
def test_no_text_steers_a_console_or_is_refused_by_postgres(
    directory: Path, change: Change
) -> None:
    refusal(sealed(directory, change))


MEMBERS = (
    *("format", "created_at", "dataset", "schema_version", "data", "settings"),
    *("threshold", "metrics", "libraries", "python", "preprocessing", "files"),
)


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("value", [None, True, 1.5, [], "\0"])
def test_every_member_has_its_type(directory: Path, member: str, value: object) -> None:
    with pytest.raises(BundleError) as refused:
        bundle.load(sealed(directory, lambda of: of.update({member: value})))

    assert str(refused.value).isprintable()


@pytest.mark.parametrize("member", MEMBERS)
def test_every_member_is_there(directory: Path, member: str) -> None:
    refusal(sealed(directory, lambda of: of.pop(member)))


@pytest.mark.parametrize(
    "change",
    [
        lambda of: of.update(surplus=1),
        lambda of: of["threshold"].update(surplus=1),
        lambda of: of.update(format=True),
        lambda of: of["data"].update(rows=True),
        lambda of: of["data"].update(rows=-1),
        lambda of: of["data"].update(is_sample=1),
        lambda of: of["metrics"].update(auc="0.9"),
        lambda of: of["metrics"].update(auc=2),
        lambda of: of["settings"].update(test_share=7),
        lambda of: of["settings"].update(seed=True),
        lambda of: of["metrics"].update(huge=10**400),
        lambda of: of["metrics"].update(huge=2**60),
    ],
)
def test_what_is_surplus_or_of_another_type_is_damage(directory: Path, change: Change) -> None:
    refusal(sealed(directory, change))


@pytest.mark.parametrize(
    "text",
    [
        b'{"format": 1, "format": 1}',
        b'{"format": 1, "metrics": {"a": NaN}}',
        b'{"format": 1, "metrics": {"a": -Infinity}}',
        b'{"format": 1, "metrics": {"a": 1e999}}',
        b'{"format": 1, "metrics": {"a": ' + b"9" * 900_000 + b"}}",
        b'{"format": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"a":' * 100_000,
        b"\xef\xbb\xbf{}",
        b"{}" + b" " * 2**21,
    ],
)
def test_json_that_readers_would_differ_about_is_damage(directory: Path, text: bytes) -> None:
    (directory / METADATA).write_bytes(text)

    refusal(directory)


@pytest.mark.parametrize(
    "change",
    [
        lambda of: of.update(cases=[]),
        lambda of: of.update(surplus=1),
        lambda of: of["cases"][0].update(probability=1.5),
        lambda of: of["cases"][0].update(probability=None),
        lambda of: of["cases"][0].update(probability=True),
        lambda of: of["cases"][0].update(surplus=1),
        lambda of: of["cases"][0].update(instance=[1]),
        lambda of: of["cases"][0]["instance"].update(age=["45"]),
        lambda of: of["cases"].append(None),
    ],
)
def test_golden_rows_that_prove_nothing_are_damage(directory: Path, change: Change) -> None:
    assert "golden.json" in refusal(with_document(directory, "golden.json", change))


@pytest.mark.parametrize(
    "change",
    [
        lambda of: of["features"][0].update(minimum=True),
        lambda of: of["features"][0].update(minimum="0"),
        lambda of: of["features"][0].update(nullable=0),
        lambda of: of["features"][0].update(kind="text"),
        lambda of: of["features"][0].update(name=""),
        lambda of: of["features"][0].update(name="\u00e9"),
        lambda of: of["features"][0].update(name="n" * 64),
        lambda of: of["features"][0].update(description="\x1b[2J"),
        lambda of: of["features"][0].pop("missing_codes"),
        lambda of: of["features"][1].update(minimum=-(2**31)),
        lambda of: of.update(features=[]),
        lambda of: of.update(features=of["features"] * 200),
        lambda of: of.update(key="other"),
        lambda of: of.update(version=2),
        lambda of: of.update(version=True),
    ],
)
def test_a_declaration_that_could_not_be_logged_is_damage(directory: Path, change: Change) -> None:
    assert "schema.json" in refusal(with_document(directory, "schema.json", change))


@pytest.mark.parametrize("name", ["model.treelite", "preprocessing.json"])
def test_what_is_no_model_is_damage(directory: Path, name: str) -> None:
    assert "holds no model" in refusal(with_file(directory, name, b"no model"))


FILES = (METADATA, "schema.json", "golden.json", "model.treelite", "model_card.md")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["fifo", "link", "directory", "socket", "sparse", "device"])
def test_only_regular_files_are_read(directory: Path, name: str, kind: str) -> None:
    path = directory / name
    content = path.read_bytes()
    path.unlink()
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "link":
            (directory.parent / "elsewhere").write_bytes(content)
            path.symlink_to(directory.parent / "elsewhere")
        case "directory":
            path.mkdir()
        case "socket":
            # By its name alone: the address of a socket is short, and pytest's directories are not.
            with socket.socket(socket.AF_UNIX) as listener, chdir(directory):
                listener.bind(name)
        case "device":
            if os.geteuid() != 0:
                pytest.skip("only root makes devices")
            os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero never ends
        case "sparse":
            path.touch()
            os.truncate(path, 2**36)

    assert name in refusal(directory)


@pytest.mark.parametrize("name", ["golden.json", "schema.json", "model_card.md"])
def test_what_is_parsed_is_small(directory: Path, name: str) -> None:
    """To parse megabytes takes a hundred times their memory."""
    assert f"{name} has more than" in refusal(with_file(directory, name, b" " * (2**22 + 1)))


def test_a_version_that_is_a_link_is_not_followed(directory: Path) -> None:
    elsewhere = directory.rename(directory.parent.parent / "elsewhere")
    directory.symlink_to(elsewhere, target_is_directory=True)

    assert "symbolic link" in refusal(directory)
    assert ModelStore(directory.parent).versions() == []


def test_a_file_of_any_size_takes_little_memory(directory: Path) -> None:
    """Of what an honest bundle takes, and not of what the file claims to be."""
    os.truncate(directory / "golden.json", 2**33)
    code = (
        "import sys, pathlib; from contract import bundle; bundle.load(pathlib.Path(sys.argv[1]))"
    )

    found = subprocess.run(
        [sys.executable, "-c", code, str(directory)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert "BundleDamaged" in found.stderr
    assert "golden.json has more than" in found.stderr


@pytest.mark.timeout(20)
@pytest.mark.parametrize("content", [b"\x1b[2J\x07", b"../../etc", b"x" * 5000, b"", b"\xff\n\0"])
def test_current_names_a_version_or_none(directory: Path, content: bytes) -> None:
    store = ModelStore(directory.parent)
    (store.root / "current").write_bytes(content)

    active = store.active()

    assert active is None or (active.isprintable() and len(active) < 200)
    assert active not in store.versions()
    store.activate(directory.name)
    assert store.active() == directory.name


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["current", ".activated"])
def test_a_pipe_or_a_link_in_the_store_stops_nobody(directory: Path, name: str) -> None:
    store = ModelStore(directory.parent)
    path = store.root / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)

    assert store.active() not in store.versions() or name != "current"
    assert store.previous() is None
    if name == "current":
        store.activate(directory.name)
        assert store.active() == directory.name


def test_a_bundle_that_is_refused_is_one_printable_line_of_the_service(
    directory: Path, log_database: Database, tmp_path: Path
) -> None:
    other = sealed(directory, lambda of: of["data"].update(source="\x1b[2Jreal\0"))
    settings = {
        "MODELS_DIR": str(other.parent),
        "MODEL_VERSION": other.name,
        "DATABASE_URL": log_database.url("api"),
        "LOG_FORMAT": "console",
    }

    status, output = Service(tmp_path, settings).run()

    assert status != 0
    assert "is not a bundle's metadata" in output
    assert "Traceback" not in output
    assert output.replace("\n", "").isprintable()


@pytest.mark.parametrize("version", ["../x", "/etc", "a\x1b[2J", ".hidden", "lock", "current"])
def test_a_version_that_is_none_is_named_without_steering_a_console(
    directory: Path, log_database: Database, tmp_path: Path, version: str
) -> None:
    settings = {
        "MODELS_DIR": str(directory.parent),
        "MODEL_VERSION": version,
        "DATABASE_URL": log_database.url("api"),
        "LOG_FORMAT": "console",
    }

    status, output = Service(tmp_path, settings).run()

    assert status != 0
    assert "is not a version" in output
    assert output.replace("\n", "").isprintable()


def test_a_current_that_turns_into_a_pipe_is_refused_while_the_served_model_stays(
    directory: Path, log_database: Database, tmp_path: Path
) -> None:
    current = directory.parent / "current"
    settings = {
        "MODELS_DIR": str(directory.parent),
        "DATABASE_URL": log_database.url("api"),
        "MODEL_POLL_SECONDS": "0.05",
    }
    with Service(tmp_path, settings) as service:
        current.unlink()
        os.mkfifo(current)

        line = service.wait_for_line(level="error")

        assert "is not a version" in line["event"]
        assert plain.get(f"{service.url}/health").json()["model_version"] == directory.name
