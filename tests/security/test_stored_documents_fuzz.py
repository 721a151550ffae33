"""Whatever stands in a file that is read from disk ends in the documented error, soon."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from api.http.keys import ApiKeys
from api.settings import StartError
from contract import bundle, conversion, golden, provenance
from contract.bundle_errors import BundleDamaged, BundleError, BundleIncompatible, GoldenMismatch
from contract.digest import canonical_json, sha256
from contract.document import RequestError
from contract.metadata import GOLDEN, METADATA, PREPROCESSING
from contract.metadata import SCHEMA as SCHEMA_FILE
from contract.schema import DataSetSchema, SchemaError
from contract.secret import SecretError, read_words
from contract.signature import SigningKeys
from contract.store import ModelStore
from tests import format_1
from tests.bundles import PROVENANCE, Fitted, files_of, publish
from tests.contract.conftest import fitted
from tests.gmsc import SCHEMA
from tests.security.fuzzing import examples
from trainer.conversion import convert

__all__ = ["fitted"]  # a fixture

SECONDS = 5.0
KEYS = SigningKeys(["0123456789abcdef" * 2])

fuzzed = settings(
    max_examples=examples(120),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

texts = st.text(max_size=12) | st.sampled_from(["\0", "\x1b[2J", "../x", "\ud800", "9" * 5000])
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | texts
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)


def as_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


contents = st.binary(max_size=300) | values.map(as_bytes)


@st.composite
def edited(draw: st.DrawFn, document: Any) -> Any:
    """The document with one to three members replaced, removed or added, anywhere in it."""
    found = json.loads(json.dumps(document))
    for _ in range(draw(st.integers(1, 3))):
        place = found
        while True:
            if not isinstance(place, dict | list) or not place:
                break
            key = draw(
                st.sampled_from(sorted(place))
                if isinstance(place, dict)
                else st.integers(0, len(place) - 1)
            )
            if isinstance(place[key], dict | list) and place[key] and draw(st.integers(0, 3)):
                place = place[key]
                continue
            match draw(st.sampled_from(["replace", "replace", "remove", "add"])):
                case "replace":
                    place[key] = draw(values)
                case "remove":
                    del place[key]
                case "add" if isinstance(place, dict):
                    place[draw(texts)] = draw(values)
            break
    return found


@contextmanager
def soon() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < SECONDS


def refused_or_read(directory: Path) -> None:
    try:
        with soon():
            bundle.load(directory)
    except (BundleDamaged, BundleIncompatible, GoldenMismatch) as error:
        assert str(error).isprintable() and len(str(error)) < 3000  # noqa: PT017, PT018 -- either


@pytest.fixture(scope="module")
def files(fitted: Fitted) -> dict[str, bytes]:
    return files_of(fitted)


def published(root: Path, files: dict[str, bytes], metadata: dict[str, Any]) -> Path:
    """A bundle of these files whose metadata agree with themselves wherever they can."""
    with suppress(LookupError, TypeError, ValueError):
        metadata["version"] = provenance.version_of(metadata)
        metadata["checksum"] = sha256(canonical_json(metadata))
    name = str(metadata.get("version"))
    is_name = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    directory = root / (name[:100] if is_name else PROVENANCE.version)
    directory.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        (directory / file).write_bytes(content)
    document = json.dumps(metadata).encode(errors="replace")
    (directory / METADATA).write_bytes(document)
    return directory


@fuzzed
@given(data=st.data())
def test_metadata(data: st.DataObject, files: dict[str, bytes], tmp_path: Path) -> None:
    metadata = json.loads(files[METADATA])
    del metadata["checksum"]

    changed = data.draw(edited(metadata))

    if isinstance(changed, dict):
        refused_or_read(published(tmp_path / "models", files, changed))


@fuzzed
@given(data=st.data(), name=st.sampled_from([SCHEMA_FILE, PREPROCESSING, GOLDEN]))
def test_documents_that_the_metadata_vouch_for(
    data: st.DataObject, name: str, files: dict[str, bytes], tmp_path: Path
) -> None:
    metadata = json.loads(files[METADATA])
    del metadata["checksum"]
    document = json.loads(files[name])
    if name == GOLDEN:
        document["cases"] = document["cases"][:3]
    content = data.draw(edited(document).map(as_bytes) | contents)
    metadata["files"][name] = sha256(content)

    refused_or_read(published(tmp_path / "models", {**files, name: content}, metadata))


@pytest.fixture(scope="module")
def converted(fitted: Fitted, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A bundle of format 1, and the record of its conversion."""
    store = ModelStore(tmp_path_factory.mktemp("converted"))
    version = format_1.publish(store, fitted)
    convert(store, version)
    directory = store.path(version)
    return directory, (conversion.path_of(directory) / conversion.RECORD).read_bytes()


@fuzzed
@given(data=st.data())
def test_the_record_of_a_conversion(data: st.DataObject, converted: tuple[Path, bytes]) -> None:
    directory, record = converted
    content = data.draw(edited(json.loads(record)).map(as_bytes) | contents)
    (conversion.path_of(directory) / conversion.RECORD).write_bytes(content)

    refused_or_read(directory)


@fuzzed
@given(content=contents)
def test_any_bytes_for_metadata(content: bytes, files: dict[str, bytes], tmp_path: Path) -> None:
    directory = published(tmp_path / "models", files, json.loads(files[METADATA]))
    (directory / METADATA).write_bytes(content)

    refused_or_read(directory)


@fuzzed
@given(content=contents)
def test_a_declaration(content: bytes) -> None:
    try:
        with soon():
            DataSetSchema.from_json(content)
    except SchemaError as error:
        assert str(error).isprintable()  # noqa: PT017 -- either is right


@fuzzed
@given(content=contents)
def test_golden_rows(content: bytes) -> None:
    with soon(), suppress(ValueError, RequestError):
        golden.rows(SCHEMA, content)


@fuzzed
@given(content=contents | edited(json.loads(KEYS.sign(b"metadata"))).map(as_bytes))
def test_a_signature(content: bytes) -> None:
    with soon():
        accepted = KEYS.accept(b"other metadata", content)

    assert not accepted


@fuzzed
@given(content=contents)
def test_what_is_active(content: bytes, fitted: Fitted, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    if not store.versions():
        publish(store.root, fitted)
    (store.root / "current").write_bytes(content)

    with soon():
        active = store.active()

    assert active is None or (active.isprintable() and len(active) < 200)
    if active is not None:
        with pytest.raises(BundleError):
            store.load(active)


@fuzzed
@given(content=st.binary(max_size=400))
def test_what_was_active(content: bytes, fitted: Fitted, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    if not store.versions():
        publish(store.root, fitted)
    (store.root / ".activated").write_bytes(content)

    with soon():
        assert store.previous() is None


@fuzzed
@given(content=st.binary(max_size=400) | texts.map(lambda text: text.encode(errors="replace")))
def test_a_file_of_secrets(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)

    for read in (
        lambda: read_words("NAME", None, path),
        lambda: SigningKeys.read(None, path),
        lambda: ApiKeys.read(None, path),
    ):
        try:
            with soon():
                read()
        except (SecretError, StartError) as error:
            assert str(error).isprintable()  # noqa: PT017 -- either is right


@fuzzed
@given(text=st.text(max_size=200))
def test_a_variable_of_secrets(text: str) -> None:
    try:
        SigningKeys.read(SecretStr(text), None)
    except SecretError as error:
        assert str(error).isprintable()  # noqa: PT017 -- either is right


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["fifo", "large", "directory"])
def test_a_secret_is_a_file_of_a_secrets_size(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "secret"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "large":
            path.touch()
            os.truncate(path, 2**36)
        case "directory":
            path.mkdir()

    with pytest.raises(SecretError, match="NAME_FILE: cannot read"):
        read_words("NAME", None, path)
