"""The spool keeps what it took, and gives a batch back exactly once."""

import errno
import os
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from db.log.directory import LOCK, SpoolDirectory, others
from db.log.errors import SpoolError, SpoolFull
from db.log.form import Form
from db.log.orphan import Orphan
from db.log.spool import BEGIN, Batch, Position, Spool, SyncError

FORM = Form((("prediction_id", "uuid"), ("predicted_at", "timestamptz")))
QUOTA = 2**20


def new_spool(root: Path, *, max_bytes: int = QUOTA, segment_bytes: int = 2**12) -> Spool:
    return Spool(root, FORM, max_bytes=max_bytes, segment_bytes=segment_bytes)


def batch(number: int, *, size: int = 20) -> Batch:
    line = b"%06d\t%s\n" % (number, b"x" * size)
    return Batch(payload=line, rows=1, waiters=[], due=time.monotonic())


def drain(spool: Spool, at: Position = BEGIN) -> tuple[bytes, Position, list[Batch]]:
    """All that can be read, as a drainer would."""
    payload, done = b"", []
    while found := spool.read(at, 512):
        chunk, at = found
        payload += chunk.payload
        done += spool.committed(at, chunk.rows)
    return payload, at, done


def fail(code: int) -> OSError:
    return OSError(code, os.strerror(code))


def test_rows_come_back_in_order_over_many_segments(tmp_path: Path) -> None:
    spool = new_spool(tmp_path)
    batches = [batch(number) for number in range(500)]
    for item in batches:
        spool.append(item)

    payload, _, done = drain(spool)

    assert payload == b"".join(item.payload for item in batches)
    assert done == batches
    assert spool.backlog == 0
    assert spool.backlog_rows == 0


def test_drained_segments_are_removed(tmp_path: Path) -> None:
    spool = new_spool(tmp_path)
    for number in range(500):
        spool.append(batch(number))
    before = len(list(tmp_path.rglob("*.seg")))

    drain(spool)

    assert before > 3
    assert len(list(tmp_path.rglob("*.seg"))) <= 1
    assert spool.bytes <= 2**12


def test_a_frame_larger_than_a_reader_asks_for_is_read_whole(tmp_path: Path) -> None:
    spool = new_spool(tmp_path)
    large = batch(1, size=5000)
    spool.append(large)

    payload, _, _ = drain(spool)

    assert payload == large.payload


def test_a_batch_waits_until_it_is_durable_and_due(tmp_path: Path) -> None:
    spool = new_spool(tmp_path)
    patient, now = batch(1), time.monotonic()
    patient.due = now + 60
    spool.append(patient)

    unsynced = spool.take_durable(now, at_once=True)
    spool.sync()
    early = spool.take_durable(now, at_once=False)
    taken = spool.take_durable(now, at_once=True)
    again = spool.take_durable(now, at_once=True)

    assert (unsynced, early, taken, again) == ([], [], [patient], [])


def test_a_batch_that_was_promised_by_the_disk_is_not_promised_again(tmp_path: Path) -> None:
    spool = new_spool(tmp_path)
    spool.append(batch(1))
    spool.sync()
    spool.take_durable(time.monotonic(), at_once=True)

    payload, _, done = drain(spool)

    assert payload
    assert done == []


def test_the_quota_is_kept_and_drained_rows_make_room(tmp_path: Path) -> None:
    spool = new_spool(tmp_path, max_bytes=2**16)

    def fill() -> None:
        for number in range(10_000):
            spool.append(batch(number))

    with pytest.raises(SpoolFull):
        fill()
    filled = sum(path.stat().st_size for path in tmp_path.rglob("*.seg"))

    _, at, _ = drain(spool)
    spool.append(batch(0))

    assert 2**15 < filled <= 2**16
    assert drain(spool, at)[0] == batch(0).payload


def test_what_others_left_counts_against_the_quota(tmp_path: Path) -> None:
    dead = new_spool(tmp_path)
    for number in range(1000):
        dead.append(batch(number))
    spool = new_spool(tmp_path, max_bytes=2**14)

    spool.look_around()

    with pytest.raises(SpoolFull):
        spool.append(batch(0))


def test_a_write_that_fails_half_way_leaves_no_torn_frame_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = new_spool(tmp_path)
    spool.append(batch(1))
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) < 30:
            raise fail(errno.ENOSPC)
        return write(descriptor, data[:30])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(SpoolError):
            spool.append(batch(2))
    spool.append(batch(3))

    payload, _, _ = drain(spool)
    assert payload == batch(1).payload + batch(3).payload


def test_a_failed_sync_gives_back_what_was_not_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = new_spool(tmp_path)
    kept, lost = batch(1), batch(2)
    spool.append(kept)
    spool.sync()
    spool.append(lost)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", lambda _: (_ for _ in ()).throw(fail(errno.EIO)))
        with pytest.raises(SyncError) as caught:
            spool.sync()
    spool.append(lost)
    spool.sync()

    assert caught.value.lost == [lost]
    assert spool.take_durable(time.monotonic(), at_once=True) == [kept, lost]
    assert drain(spool)[0] == kept.payload + lost.payload
    numbers = [Position(kept.end.segment, 0), Position(lost.end.segment, 0)]
    assert numbers[0] < numbers[1], "the descriptor that failed was used again"


def test_a_removed_directory_is_noticed_and_its_rows_are_not_lost(tmp_path: Path) -> None:
    spool = new_spool(tmp_path)
    spool.append(batch(1))
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()

    with pytest.raises(SyncError) as caught:
        spool.sync()
    for item in caught.value.lost:
        spool.append(item)
    spool.sync()

    assert [item.payload for item in spool.take_durable(time.monotonic(), at_once=True)] == [
        batch(1).payload
    ]
    assert drain(spool)[0] == batch(1).payload
    assert list(tmp_path.rglob(LOCK))


def test_who_tries_and_who_writes_have_one_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each finds none: a second one would take the place of the first, with its rows."""
    spool = new_spool(tmp_path)
    make = SpoolDirectory.create
    both = threading.Barrier(2)

    def create(root: Path) -> SpoolDirectory:
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        return make(root)

    monkeypatch.setattr(SpoolDirectory, "create", create)
    prober = threading.Thread(target=spool.probe)
    prober.start()
    spool.append(batch(1))
    prober.join()

    assert drain(spool)[0] == batch(1).payload
    assert len(list(tmp_path.rglob("*.seg"))) == 1


def test_a_spool_is_tried_out_without_a_trace(tmp_path: Path) -> None:
    spool = new_spool(tmp_path / "spool")

    spool.try_out()

    assert list((tmp_path / "spool").iterdir()) == []
    assert (spool.bytes, spool.backlog) == (0, 0)


@pytest.mark.parametrize("call", ["fdatasync", "write"])
def test_a_spool_that_does_not_keep_what_is_tried_out_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def broken(*_: object) -> None:
        raise fail(errno.EIO)

    monkeypatch.setattr(os, call, broken)

    with pytest.raises(SpoolError, match=os.strerror(errno.EIO)):
        new_spool(tmp_path).try_out()

    assert list(tmp_path.iterdir()) == []


def test_a_drained_spool_leaves_nothing(tmp_path: Path) -> None:
    spool = new_spool(tmp_path)
    spool.append(batch(1))
    drain(spool)

    spool.close()

    assert list(tmp_path.iterdir()) == []


def test_what_is_left_at_the_end_can_be_adopted_once(tmp_path: Path) -> None:
    spool = new_spool(tmp_path)
    spool.append(batch(1))
    (path,) = others(tmp_path, None)
    living = Orphan.adopt(path, FORM)
    spool.close()

    orphan = Orphan.adopt(path, FORM)
    second = Orphan.adopt(path, FORM)

    assert living is None
    assert second is None
    assert orphan is not None
    chunk = orphan.read(10_000)
    assert chunk is not None
    assert chunk.payload == batch(1).payload
    orphan.advance(chunk.end)
    assert orphan.read(10_000) is None
    orphan.remove()
    assert list(tmp_path.iterdir()) == []


def test_an_older_form_is_drained_by_its_own_columns(tmp_path: Path) -> None:
    older = Form((("prediction_id", "uuid"),))
    spool = Spool(tmp_path, older, max_bytes=QUOTA, segment_bytes=2**12)
    spool.append(batch(1))
    spool.close()

    orphan = Orphan.adopt(next(others(tmp_path, None)), FORM)

    assert orphan is not None
    chunk = orphan.read(10_000)
    assert chunk is not None
    assert chunk.form == older


def test_a_directory_that_was_half_made_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / f".{uuid.uuid4()}").mkdir()

    directory = SpoolDirectory.create(tmp_path)

    assert list(tmp_path.iterdir()) == [directory.path]
    directory.remove()


def test_a_directory_that_is_being_made_is_adopted_by_nobody(tmp_path: Path) -> None:
    directory = SpoolDirectory.create(tmp_path)

    assert list(others(tmp_path, directory.path)) == []
    assert SpoolDirectory.adopt(directory.path) is None
    directory.remove()
