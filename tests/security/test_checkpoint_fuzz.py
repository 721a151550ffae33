"""A damaged or hostile model.treelite is refused, or is a model; it never ends the process."""

import struct
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checkpoints import categorical, numerical
from tests.security.fuzzing import examples
from tests.security.loader import Loader

CHECKPOINTS = [numerical(), categorical()]
U64 = st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**63, 2**64 - 1])
VALUES = st.one_of(
    st.binary(min_size=1, max_size=8),
    U64.map(lambda value: struct.pack("<Q", value)),
    st.integers(-2, 40).map(lambda value: struct.pack("<i", value)),
    st.integers(0, 40).map(lambda value: struct.pack("<Q", value)),
    st.sampled_from([np.nan, np.inf, -1e308]).map(lambda value: struct.pack("<d", value)),
)
# Where, what is put there, and how many bytes it takes the place of.
DAMAGE = st.tuples(st.floats(0, 1), VALUES, st.integers(0, 8) | st.none())


@pytest.fixture(scope="module")
def loader() -> Iterator[Loader]:
    with Loader() as loader:
        yield loader


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_what_is_not_damaged_is_loaded(loader: Loader, checkpoint: bytes) -> None:
    assert loader.load(checkpoint) == "ok"


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_a_changed_byte_anywhere_ends_in_an_error_or_a_model(
    loader: Loader, checkpoint: bytes
) -> None:
    answers = []
    for place in range(len(checkpoint)):
        damaged = bytearray(checkpoint)
        damaged[place] ^= 1 << place % 8
        answers.append(loader.load(bytes(damaged)))

    assert all(answer == "ok" or answer.startswith("refused: the c") for answer in answers)
    assert 0.2 < answers.count("ok") / len(answers) < 0.9  # leaves and thresholds are free


@given(st.sampled_from(CHECKPOINTS), st.lists(DAMAGE, min_size=1, max_size=4))
@settings(max_examples=examples(500), deadline=None)
def test_any_damage_ends_in_an_error_or_a_model(
    loader: Loader, checkpoint: bytes, damages: list[tuple[float, bytes, int | None]]
) -> None:
    for where, value, instead in damages:
        at = int(where * len(checkpoint))
        width = len(value) if instead is None else instead
        checkpoint = checkpoint[:at] + value + checkpoint[at + width :]

    answer = loader.load(checkpoint)

    assert answer == "ok" or answer.startswith("refused: the c")


@given(st.binary(max_size=600))
@settings(max_examples=examples(100), deadline=None)
def test_any_bytes_after_the_version_end_in_an_error(loader: Loader, data: bytes) -> None:
    assert loader.load(CHECKPOINTS[0][:14] + data).startswith("refused: the c")
