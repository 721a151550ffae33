"""A spool as somebody else may leave it, and a log that finds it."""

import asyncio
import json
import time
import uuid
import zlib
from collections.abc import Callable
from pathlib import Path

from db.log import Context, LogSettings, ModelRegistration, PredictionLog, RowFormat, Stamp
from db.log.form import Form
from db.log.segment import _CHECKED, _HEADER, MAGIC, encode
from tests.conftest import Database
from tests.gmsc import SCHEMA, VALUES

FORMAT = RowFormat(SCHEMA)
FORM = Form(FORMAT.columns)
REGISTRATION = ModelRegistration("v", SCHEMA.id, "a test", True, "2026-01-01T00:00:00Z", {})
CONTEXT = Context("request", "/predict", "v", SCHEMA.id, 0.25)


def line(probability: float = 0.5) -> tuple[str, bytes]:
    """Id and line of a row that can be stored."""
    stamp = Stamp.now()
    return stamp.prediction_id, FORMAT.encode(
        CONTEXT, stamp, VALUES, probability, 1, duration_ms=0.5
    )


def frame(payload: bytes, rows: int, form_id: int, *, size: int | None = None) -> bytes:
    """A frame with right checksums, whatever it says."""
    length = len(payload) if size is None else size
    head = _HEADER.pack(MAGIC, length, rows, zlib.crc32(payload), form_id, 0)[:_CHECKED]
    return head + zlib.crc32(head).to_bytes(4, "little") + payload


def segment(document: bytes, *payloads: tuple[bytes, int]) -> bytes:
    """A form, whatever it is, and frames of rows that claim it."""
    form_id = zlib.crc32(document)
    frames = [frame(payload, rows, form_id) for payload, rows in payloads]
    return b"".join([frame(document, 0, form_id), *frames])


def columns(*pairs: object) -> bytes:
    """The document of a form with these columns."""
    return json.dumps({"columns": pairs}).encode()


def good(*lines: bytes) -> bytes:
    """A segment of this release."""
    return encode(FORM.document, 0, FORM) + b"".join(encode(item, 1, FORM) for item in lines)


def leave(root: Path, *segments: bytes) -> Path:
    """What a dead process left in the spool."""
    directory = root / str(uuid.uuid4())
    directory.mkdir(parents=True)
    (directory / "LOCK").touch()
    for number, content in enumerate(segments):
        (directory / f"{number:012d}.seg").write_bytes(content)
    return directory


def with_log(
    database: Database, root: Path, until: Callable[[PredictionLog], bool], **more: object
) -> None:
    """Run a log on that spool until the condition holds."""

    async def scenario() -> None:
        settings = LogSettings(database_url=database.url("api"), spool_dir=root, **more)  # type: ignore[arg-type]
        log = PredictionLog(settings, FORMAT, REGISTRATION)
        log.start()
        try:
            deadline = time.monotonic() + 20
            while not until(log):
                assert time.monotonic() < deadline, "it did not come about in time"
                await asyncio.sleep(0.02)
        finally:
            await log.close()
            # On a slow machine it may outlive the close, and speak in the next test.
            await asyncio.to_thread(log._drainer.join, 20)

    asyncio.run(scenario())


def logged(database: Database) -> set[str]:
    """The ids in the log."""
    rows = database.query("SELECT prediction_id::text FROM prediction_log")
    assert len(rows) == len({identity for (identity,) in rows}), "a row is there twice"
    return {identity for (identity,) in rows}
