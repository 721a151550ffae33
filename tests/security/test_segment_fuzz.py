"""Whatever bytes a segment holds: reading it ends, says what it could not use, and loses no row."""

import json
import os
import tempfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.log.chunk import Chunk, Forms, read_chunk
from db.log.errors import FormError
from db.log.form import Form
from tests.security.fuzzing import examples
from tests.security.spool import frame

KNOWN = Form((("prediction_id", "uuid"), ("age", "integer")))
OTHER = Form((("age", "integer"),))
LINE = b"x\t1\n"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
DOCUMENTS = (
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | JSON.map(lambda value: json.dumps({"columns": value}).encode())
    | st.lists(st.tuples(JSON, JSON), max_size=4).map(
        lambda value: json.dumps({"columns": value}).encode()
    )
    | st.sampled_from([KNOWN.document, OTHER.document])
)
U32 = st.integers(0, 2**32 - 1)
# What is no frame, and frames of every kind; the good ones must come back.
GOOD = st.integers(1, 5).map(lambda rows: (frame(LINE * rows, rows, KNOWN.id), rows))
BAD = st.one_of(
    st.binary(max_size=60),
    DOCUMENTS.map(lambda document: frame(document, 0, zlib.crc32(document))),
    st.builds(frame, st.binary(max_size=60), U32, U32),
    st.builds(lambda payload, rows: frame(payload, rows, KNOWN.id), st.binary(max_size=60), U32),
).map(lambda data: (data, 0))


@given(DOCUMENTS)
def test_a_document_is_a_form_or_one_kind_of_error(document: bytes) -> None:
    try:
        form = Form.read(document)
    except FormError:
        return
    assert Form.read(form.document) == form
    assert 0 < len(form.columns) <= 1600
    for name, kind in form.columns:
        assert 0 < len(name.encode()) <= 63
        assert "\0" not in name
        assert kind.replace(" ", "").isalpha()


@given(st.lists(GOOD | BAD, max_size=12), st.sampled_from([64, 300, 2**18]))
@settings(max_examples=examples(300), deadline=None)
def test_no_bytes_hide_a_frame_that_is_whole(pieces: list[tuple[bytes, int]], limit: int) -> None:
    # Ended by a frame that is whole, no size that is not true can claim the rest.
    pieces = [*pieces, (frame(LINE, 1, KNOWN.id), 1)]
    data = b"".join(content for content, _ in pieces)

    chunks = list(_chunks(data, limit))

    rows = sum(chunk.rows for chunk in chunks if chunk.form == KNOWN)
    assert rows >= sum(count for _, count in pieces)
    for chunk in chunks:
        assert chunk.payload.count(b"\n") == chunk.rows
        assert not chunk.payload or chunk.payload.endswith(b"\n")


@given(st.binary(max_size=2000), st.sampled_from([30, 2**18]))
def test_any_bytes_are_read_to_their_end(data: bytes, limit: int) -> None:
    assert sum(len(piece) for chunk in _chunks(data, limit) for piece in chunk.damage) <= len(data)


def test_rows_of_two_forms_are_never_mixed() -> None:
    data = b"".join(
        frame(form.document, 0, form.id) + frame(payload, 1, form.id)
        for form, payload in ((KNOWN, LINE), (OTHER, b"1\n"), (KNOWN, LINE))
    )

    chunks = list(_chunks(data, 2**18))

    assert [(chunk.form, chunk.payload) for chunk in chunks] == [
        (KNOWN, LINE),
        (OTHER, b"1\n"),
        (KNOWN, LINE),
    ]


def test_forms_without_end_are_not_kept_in_memory() -> None:
    forms = Forms(KNOWN)

    documents = [Form(((f"c{number}", "text"),)).document for number in range(1000)]

    with pytest.raises(FormError, match="more forms"):
        list(map(forms.learn, documents))


def test_a_file_without_a_frame_is_not_read_into_memory() -> None:
    with tempfile.TemporaryFile() as file:
        os.truncate(file.fileno(), 2**40)

        with pytest.raises(FormError, match="no frame"):
            read_chunk(file.fileno(), (0, 2**40), Forms(KNOWN), limit=2**27, final=True)


def _chunks(data: bytes, limit: int) -> list[Chunk]:
    found = []
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        at = 0
        forms = Forms(KNOWN)
        while at < len(data):
            chunk = read_chunk(file.fileno(), (at, len(data)), forms, limit=limit, final=True)
            assert chunk.end > at
            at = chunk.end
            found.append(chunk)
    return found
