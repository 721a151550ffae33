"""Reading a segment back, a bounded piece at a time."""

import os
from dataclasses import dataclass, field

from db.log.segment import Damage, Form, Frame, frames


@dataclass(slots=True)
class Chunk:
    """Rows of one segment, of one form, up to the offset `end`."""

    end: int
    payload: bytes = b""
    rows: int = 0
    form: Form | None = None
    damage: list[bytes] = field(default_factory=list)


class Forms:
    """The forms that are known, by their id."""

    def __init__(self, *known: Form) -> None:
        self._forms = {form.id: form for form in known}

    def learn(self, document: bytes) -> None:
        """Remember the form that a segment begins with."""
        form = Form.read(document)
        self._forms[form.id] = form

    def get(self, form_id: int) -> Form | None:
        """The form with that id, if any segment named it."""
        return self._forms.get(form_id)


def read_chunk(
    descriptor: int, span: tuple[int, int], forms: Forms, *, limit: int, final: bool
) -> Chunk:
    """The next frames within `span`, about `limit` bytes of them but at least one.

    `final`: nothing will follow the span's end, so that what is left over there is unfinished.
    Raises OSError.
    """
    start, stop = span
    size = limit
    while True:
        asked = min(size, stop - start)
        data = os.pread(descriptor, asked, start)
        whole = len(data) < asked or start + len(data) >= stop
        chunk = _collect(data, start, forms, final=whole and final)
        if whole and final:
            chunk.end = stop
        if chunk.end > start or whole:
            return chunk
        size *= 4  # a frame larger than the window


def _collect(data: bytes, start: int, forms: Forms, *, final: bool) -> Chunk:
    chunk = Chunk(end=start)
    payloads: list[bytes] = []
    for item in frames(data, base=start, final=final):
        if isinstance(item, Frame) and item.rows == 0:
            forms.learn(item.payload)
        elif isinstance(item, Frame) and (form := forms.get(item.form_id)):
            chunk.form = form
            payloads.append(item.payload)
            chunk.rows += item.rows
        else:
            chunk.damage.append(_raw(data, start, item))
        chunk.end = item.end
    chunk.payload = b"".join(payloads)
    return chunk


def _raw(data: bytes, start: int, item: Frame | Damage) -> bytes:
    return data[item.start - start : item.end - start]
