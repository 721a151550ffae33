"""Reading a segment back, a bounded piece at a time."""

import os
import zlib
from dataclasses import dataclass, field

from db.log.errors import FormError
from db.log.form import Form
from db.log.segment import Damage, Frame, frames

# No frame is larger: a batch of the greatest MAX_BATCH_ROWS is about an eighth of it.
_LARGEST_FRAME = 2**28
# A segment is written by one process, which has one form.
_MOST_FORMS = 64


@dataclass(slots=True)
class Chunk:
    """Rows of one segment, of one form, up to the offset `end`."""

    end: int
    payload: bytes = b""
    rows: int = 0
    form: Form | None = None
    damage: list[bytes] = field(default_factory=list)
    unusable: list[bytes] = field(default_factory=list)
    """Frames that are intact, and that no release could store."""
    reason: str = ""
    """Why the first of `unusable` is."""
    aside: int = 0
    """Such frames that go to quarantine with their segment."""


class Forms:
    """The forms that are known, by their id."""

    def __init__(self, *known: Form) -> None:
        self._forms: dict[int, Form | FormError] = {form.id: form for form in known}

    def learn(self, document: bytes) -> None:
        """Remember the form that a segment begins with; raises FormError where it is none."""
        form_id = zlib.crc32(document)
        if len(self._forms) >= _MOST_FORMS and form_id not in self._forms:
            raise FormError("it names more forms than a process has")
        try:
            self._forms[form_id] = Form.read(document)
        except FormError as error:
            self._forms[form_id] = error
            raise

    def of(self, frame: Frame) -> Form:
        """The form of the frame's rows; raises FormError where the frame is not such rows."""
        form = self._forms.get(frame.form_id)
        if isinstance(form, FormError):
            raise form
        if form is None:
            raise FormError("no segment names its form")
        # A line without its end would become one with its neighbour.
        if frame.payload.count(b"\n") != frame.rows or not frame.payload.endswith(b"\n"):
            raise FormError(f"it does not hold the {frame.rows} lines that it says")
        return form


def read_chunk(
    descriptor: int, span: tuple[int, int], forms: Forms, *, limit: int, final: bool
) -> Chunk:
    """The next frames within `span`, about `limit` bytes of them but at least one.

    `final`: nothing will follow the span's end, so that what is left over there is unfinished.
    Raises OSError, or FormError where no frame ends for longer than a frame can be.
    """
    start, stop = span
    size = limit
    while size <= _LARGEST_FRAME:
        asked = min(size, stop - start)
        data = os.pread(descriptor, asked, start)
        whole = len(data) < asked or start + len(data) >= stop
        chunk, complete = _collect(data, start, forms, final=whole and final)
        if whole and final and complete:
            chunk.end = stop
        if chunk.end > start or whole:
            return chunk
        size *= 4  # a frame larger than the window
    raise FormError(f"no frame ends in {_LARGEST_FRAME:,} bytes of it")


def _collect(data: bytes, start: int, forms: Forms, *, final: bool) -> tuple[Chunk, bool]:
    """The frames in `data` as far as they are of one form, and whether these are all of them."""
    chunk = Chunk(end=start)
    payloads: list[bytes] = []
    complete = True
    for item in frames(data, base=start, final=final):
        if isinstance(item, Damage):
            chunk.damage.append(_raw(data, start, item))
        elif not _take(item, chunk, payloads, forms):
            complete = False
            break
        chunk.end = item.end
    chunk.payload = b"".join(payloads)
    return chunk, complete


def _take(frame: Frame, chunk: Chunk, payloads: list[bytes], forms: Forms) -> bool:
    """Add the frame to the chunk; False where its rows are of another form."""
    try:
        if frame.rows == 0:
            forms.learn(frame.payload)
            return True
        form = forms.of(frame)
    except FormError as error:
        chunk.unusable.append(frame.payload)
        chunk.reason = chunk.reason or str(error)
        return True
    if chunk.form not in {None, form}:
        return False
    chunk.form = form
    chunk.rows += frame.rows
    payloads.append(frame.payload)
    return True


def _raw(data: bytes, start: int, item: Damage) -> bytes:
    return data[item.start - start : item.end - start]
