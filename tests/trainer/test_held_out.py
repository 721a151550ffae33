"""A bundle holds a sample of the rows that its model has not seen, as data and in bounds."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib import format as npy

from contract import held_out
from contract.bundle_directory import MAX_FILE
from contract.bundle_errors import BundleDamaged
from contract.held_out import HELD_OUT, MAX_ROWS, HeldOutRows
from contract.signature import SigningKeys
from contract.store import ModelStore
from tests import bundles
from tests.gmsc import SCHEMA
from tests.trainer.conftest import Made
from trainer.data import Data
from trainer.held_out import held_out_sample, is_sample_of

KEYS = SigningKeys()
SMALL = HeldOutRows(
    np.array([[np.nan, 1.5], [2.0, -0.25], [3.0, 4.0]]),
    np.array([0, 1, 0], dtype=np.int8),
    np.array([0.1, 1.0, 0.0]),
)


def data(rows: int, features: int, seed: int = 0) -> tuple[Data, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, rows).astype(np.int8)
    values = generator.random((rows, features))
    return Data(values, labels, "test", is_sample=False), generator.random(rows)


def test_it_is_of_the_rows_that_were_held_out(made: Made) -> None:
    rows = HeldOutRows.from_npz(made.files[HELD_OUT], len(SCHEMA.features))

    apart = made.trained.held_out
    assert len(rows) == min(len(apart), MAX_ROWS)
    assert rows.values.tobytes() == (apart.features + 0.0).tobytes()
    assert rows.labels.tobytes() == apart.labels.tobytes()
    assert rows.scores.tobytes() == made.result.scores.tobytes()
    assert rows.scores.tobytes() == made.trained.scorer.score(rows.values).tobytes()


def test_numpy_reads_it_without_unpickling(made: Made) -> None:
    with np.load(io.BytesIO(made.files[HELD_OUT]), allow_pickle=False) as found:
        assert set(found) == {"format", "values", "labels", "scores"}
        assert found["values"].shape == (len(found["scores"]), len(SCHEMA.features))


def test_the_same_rows_are_drawn_each_time_and_from_all_over() -> None:
    rows, scores = data(MAX_ROWS + 5000, 3)
    rows.features[:, 0] = np.arange(len(rows))

    content = held_out_sample(rows, scores)

    assert held_out_sample(rows, scores) == content
    found = HeldOutRows.from_npz(content, 3)
    assert len(found) == MAX_ROWS
    places = found.values[:, 0].astype(int)
    assert (np.diff(places) > 0).all()
    assert found.scores.tolist() == scores[places].tolist()
    of_each_fifth = np.histogram(places, bins=5, range=(0, len(rows)))[0]
    assert of_each_fifth == pytest.approx(4000, abs=200)


def test_a_wide_table_has_fewer_rows_and_never_a_file_that_is_too_large() -> None:
    rows, scores = data(6000, 300)

    content = held_out_sample(rows, scores)

    assert MAX_FILE * 0.8 < len(content) <= MAX_FILE
    assert is_sample_of(content, rows, scores)
    scores[:] += 2**-53
    assert not is_sample_of(content, rows, scores)


def test_it_is_read_from_a_bundle_and_none_is_no_mistake(tmp_path: Path) -> None:
    fitted = bundles.fit()
    directory = bundles.publish(tmp_path, fitted)
    assert held_out.read(directory, KEYS) is None

    other = tmp_path / "other"
    rows = HeldOutRows(
        fitted.rows[:50],
        np.zeros(50, dtype=np.int8),
        fitted.scorer.score(fitted.rows[:50]),
    )
    version = directory.name
    ModelStore(other).publish(version, bundles.files_of(fitted, extras={HELD_OUT: rows.to_npz()}))
    found = held_out.read(other / version, KEYS)
    assert found is not None
    assert found.values.tobytes() == rows.values.tobytes()
    (other / version / HELD_OUT).write_bytes(SMALL.to_npz())
    with pytest.raises(BundleDamaged, match="SHA-256"):
        held_out.read(other / version, KEYS)


@pytest.mark.parametrize(("content", "said"), [(SMALL.to_npz(), "2 features"), (b"", "archive")])
def test_what_is_published_and_is_no_sample_of_its_rows_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    version = bundles.PROVENANCE.version
    files = bundles.files_of(bundles.fit(), extras={HELD_OUT: content})
    ModelStore(tmp_path).publish(version, files)

    with pytest.raises(BundleDamaged, match=said):
        held_out.read(tmp_path / version, KEYS)


def archive(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, member in members.items():
            packed.writestr(f"{name}.npy", member)
    return content.getvalue()


def members(**changed: object) -> bytes:
    """An archive in which some arrays are others, or bytes."""
    arrays: dict[str, object] = {
        "format": np.int64(1),
        "values": SMALL.values,
        "labels": SMALL.labels,
        "scores": SMALL.scores,
        **changed,
    }
    written = {}
    for name, array in arrays.items():
        stream = io.BytesIO()
        np.save(stream, np.asarray(array), allow_pickle=True)
        written[name] = array if isinstance(array, bytes) else stream.getvalue()
    return archive(**written)


def of_shape(array: np.ndarray, shape: tuple[int, ...]) -> bytes:
    """An array that says of itself that it has another shape."""
    stream = io.BytesIO()
    says = {**npy.header_data_from_array_1_0(array), "shape": shape}
    npy.write_array_header_1_0(stream, says)
    return stream.getvalue() + array.tobytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (members(format=np.int64(2)), "format 2"),
        (members(format=np.array([1])), "format of another kind"),
        (members(labels=np.array([0, 1], dtype=np.int8)), "other rows"),
        (members(labels=np.array([0, 1, 2], dtype=np.int8)), "no row has"),
        (members(labels=np.array([0, 1, 1])), "labels of another kind"),
        (members(values=SMALL.values.astype(object)), "values of another kind"),
        (members(values=np.array([[np.inf, 1], [1, 1], [1, 1]])), "no row has"),
        (members(scores=np.array([0.1, 1.1, 0.0])), "no probabilities"),
        (members(scores=np.array([0.1, np.nan, 0.0])), "no probabilities"),
        (members(scores=b"\x93NUMPY\x02\x00"), "another form"),
        (members(scores=b"no array"), "magic"),
        (members(scores=of_shape(SMALL.scores, (10**12,))), "another length"),
        (members(scores=of_shape(SMALL.scores, (-1, -3))), "another kind"),
        (members(scores=of_shape(SMALL.scores, (-3,))), "another length"),
        (members(values=of_shape(SMALL.values, (-2, -3))), "unknown dimension"),
        (members(more=np.zeros(1)), "other arrays"),
        (members(values=bytes(2**25)), "unpacks to more"),
        (SMALL.to_npz()[:-30], "archive"),
    ],
)
def test_what_is_no_sample_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        HeldOutRows.from_npz(content, 2)


@given(st.data())
def test_a_damaged_one_is_an_error_or_a_sample(drawn: st.DataObject) -> None:
    content = bytearray(SMALL.to_npz())
    for _ in range(drawn.draw(st.integers(1, 4))):
        at = drawn.draw(st.integers(0, len(content) - 1))
        content[at] = drawn.draw(st.integers(0, 255))
    try:
        rows = HeldOutRows.from_npz(bytes(content[: drawn.draw(st.integers(0, len(content)))]), 2)
    except ValueError:
        return
    assert len(rows.values) == len(rows.labels) == len(rows.scores)
