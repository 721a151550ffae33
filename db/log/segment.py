"""The spool's file format: a segment is a run of frames, each checked by CRC-32.

A frame is a header (magic, bytes of the payload, rows in it, CRC-32 of the payload, id of its
form, CRC-32 of the header so far; little-endian) and a payload of COPY text lines. The first
frame of a segment has no rows: its payload is the form, a JSON document that names the columns,
so that a later release drains what an earlier one spooled. The form's id is the CRC-32 of that
document and stands in every frame, so that a damaged first frame costs no other.

A reader stops at an unfinished frame at the end of a segment: nobody was promised it. Raise the
digit of MAGIC whenever a reader of the old form would misread the new one.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from db.log.form import Form

MAGIC = b"PLS1"
_HEADER = struct.Struct("<4sIIIII")
_CHECKED = _HEADER.size - 4


class Frame(NamedTuple):
    """An intact frame; `start` and `end` are offsets in its segment."""

    start: int
    end: int
    rows: int
    form_id: int
    payload: bytes


class Damage(NamedTuple):
    """Bytes that were a frame once."""

    start: int
    end: int


def encode(payload: bytes, rows: int, form: Form) -> bytes:
    """A frame."""
    checked = _HEADER.pack(MAGIC, len(payload), rows, zlib.crc32(payload), form.id, 0)[:_CHECKED]
    return b"".join((checked, zlib.crc32(checked).to_bytes(4, "little"), payload))


def frames(data: bytes, *, base: int = 0, final: bool = True) -> Iterator[Frame | Damage]:
    """The frames in `data`, which begins at the offset `base` of its segment.

    Every intact frame comes back whatever stands between. `final`: the segment ends here, so that
    what is left over is an unfinished frame, or damage; else the caller reads on from the last
    end that it was given.
    """
    at = 0
    while at < len(data):
        header = _header(data, at)
        if header is None:
            after = _next_frame(data, at + 1)
            if after is None:
                if final and not _is_unfinished(data[at:]):
                    yield Damage(base + at, base + len(data))
                return
            if any(data[at:after]):  # blocks that were never written hold no frame
                yield Damage(base + at, base + after)
            at = after
            continue
        size, rows, checksum, form_id = header
        start, end = at + _HEADER.size, at + _HEADER.size + size
        if end > len(data):
            after = _next_frame(data, at + 1) if final else None
            if after is None:
                return
            # Nothing is written behind an unfinished frame: this one's size is not true.
            yield Damage(base + at, base + after)
            at = after
            continue
        payload = data[start:end]
        if zlib.crc32(payload) == checksum:
            yield Frame(base + at, base + end, rows, form_id, payload)
        else:
            yield Damage(base + at, base + end)
        at = end


def _header(data: bytes, at: int) -> tuple[int, int, int, int] | None:
    if len(data) - at < _HEADER.size:
        return None
    magic, size, rows, checksum, form_id, own = _HEADER.unpack_from(data, at)
    if magic != MAGIC or zlib.crc32(data[at : at + _CHECKED]) != own:
        return None
    return size, rows, checksum, form_id


def _next_frame(data: bytes, at: int) -> int | None:
    while (at := data.find(MAGIC, at)) != -1:
        if _header(data, at):
            return at
        at += 1
    return None


def _is_unfinished(rest: bytes) -> bool:
    """Whether `rest` is what a crash leaves: the start of a header, or blocks never written."""
    return len(rest) < _HEADER.size or not any(rest)
