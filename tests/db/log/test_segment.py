"""The spool's file format gives back every intact frame, whatever happened to the file."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.log.form import Form
from db.log.segment import Damage, Frame, encode, frames

FORM = Form((("prediction_id", "uuid"), ("age", "integer")))
PAYLOADS = [b"a\t1\n", b"PLS1 is the magic\n" * 3, b"", b"c\t3\n" * 40]


def segment(payloads: list[bytes]) -> tuple[bytes, list[int]]:
    """A segment, and the offset at which each of its frames ends."""
    encoded = [encode(payload, payload.count(b"\n"), FORM) for payload in payloads]
    return b"".join(encoded), list(itertools.accumulate(map(len, encoded)))


def payloads_in(data: bytes) -> list[bytes]:
    return [item.payload for item in frames(data) if isinstance(item, Frame)]


def damage_in(data: bytes) -> list[Damage]:
    return [item for item in frames(data) if isinstance(item, Damage)]


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_what_is_written_is_read(payloads: list[bytes]) -> None:
    data, ends = segment(payloads)

    read = list(frames(data))

    assert [item.end for item in read] == ends
    assert payloads_in(data) == payloads


def test_a_segment_cut_at_any_byte_gives_every_frame_before_the_cut() -> None:
    data, ends = segment(PAYLOADS)

    for cut in range(len(data) + 1):
        whole = sum(end <= cut for end in ends)
        assert payloads_in(data[:cut]) == PAYLOADS[:whole]
        assert damage_in(data[:cut]) == []


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_any_byte_flipped_costs_only_the_frame_it_is_in(flip: int) -> None:
    data, ends = segment(PAYLOADS)

    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= flip
        hit = sum(end <= at for end in ends)
        assert payloads_in(bytes(broken)) == PAYLOADS[:hit] + PAYLOADS[hit + 1 :]
        assert len(damage_in(bytes(broken))) == 1


@given(st.binary(max_size=400), st.data())
def test_garbage_between_frames_hides_none_of_them(garbage: bytes, data: st.DataObject) -> None:
    whole, ends = segment(PAYLOADS)
    at = data.draw(st.sampled_from([0, *ends]))

    read = payloads_in(whole[:at] + garbage + whole[at:])

    assert read == PAYLOADS


@given(st.binary(max_size=1000))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    covered = sum(item.end - item.start for item in frames(data))

    assert covered <= len(data)


@pytest.mark.parametrize("rest", [b"", bytes(1), bytes(4096)])
def test_blocks_that_were_never_written_are_no_damage(rest: bytes) -> None:
    data, _ = segment(PAYLOADS)

    assert payloads_in(data + rest) == PAYLOADS
    assert damage_in(data + rest) == []


def test_a_form_survives_its_document() -> None:
    read = Form.read(FORM.document)

    assert read == FORM
    assert read.id == FORM.id


def test_a_form_that_smuggles_sql_is_refused() -> None:
    document = Form((("age", "integer) ; DROP TABLE prediction_log; --"),)).document

    with pytest.raises(ValueError, match="type"):
        Form.read(document)
