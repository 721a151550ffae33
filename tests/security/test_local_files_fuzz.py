"""Whatever stands in the files of `make local`, it is read, or named in one error."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from local.dotenv import read_dotenv
from local.errors import LocalError
from local.settings import LocalSettings
from tests.security.fuzzing import examples

fuzzed = settings(
    max_examples=examples(300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["port", "postgres", "api", "analyst", "mlops_owner"]), inner
        )
    ),
    max_leaves=8,
)
PIECES = st.sampled_from(
    ["A", "export A", "=", ":", "'", '"', "\\", "$", "${", "}", "${B:-", "${B:?", "#", " ", "\n"]
)
LINES = st.lists(PIECES, max_size=20).map(lambda pieces: "".join(pieces).encode())


@fuzzed
@given(content=st.binary(max_size=200) | JSON.map(lambda found: json.dumps(found).encode()))
@example(content=b"[" * 100_000)
@example(content=b'{"port": ' + b"9" * 5000 + b"}")
@example(content=b"\xff\xfe")
def test_settings_of_any_content(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(content)

    with suppress(LocalError):
        assert 0 <= LocalSettings.read(file).port < 65536


@fuzzed
@given(
    content=st.binary(max_size=200)
    | st.lists(PIECES, max_size=20).map(lambda p: "".join(p).encode())
)
@example(content=b"A=" + b"${B:-" * 5000)
@example(content=b"A=" + b"\\" * 100_001)
@example(content=b"A='" + b"x" * 100_000)
def test_variables_of_any_content(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)

    with suppress(LocalError):
        found = read_dotenv(file, {"B": "b"})
        assert all("\0" not in value for value in found.values())


def test_an_error_quotes_nothing_of_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"postgres": "a-secret-word", "port": "none"}')

    with pytest.raises(LocalError) as caught:
        LocalSettings.read(file)

    assert "a-secret-word" not in str(caught.value)
