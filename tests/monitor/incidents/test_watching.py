"""Each hour is looked at once, in order, whole or not at all; whatever fails, the counts go on."""

import argparse
import logging
import sys
import threading
from datetime import datetime, timedelta

import psycopg2
import pytest

from contract.signature import SigningKeys
from monitor import round as rounds
from monitor.__main__ import main
from monitor.incidents import commands_clock, reading
from monitor.incidents.versions import Versions
from monitor.incidents.watched import Watched
from monitor.incidents.watching import Watching
from tests.monitor.conftest import Monitor
from tests.monitor.incidents import log
from tests.monitor.incidents.judges import Counter, Judges, nothing

FIRST = log.FIRST


def judges(monitor: Monitor, many: int = 1000) -> Judges:
    return Judges(Versions(monitor.models, SigningKeys(())), many)


def watch(
    monitor: Monitor, as_of: datetime, looked: Judges, watching: Watching | None = None
) -> Watched:
    """A round as of a time that is given: of before it all has come."""
    watching = watching or Watching(looked.looks)
    return rounds.run(monitor.connections, monitor.references(), as_of, watching).watched


def feed(
    monitor: Monitor, hours: int, *, start: int = 0, version: str = "m1", an_hour: int = 2
) -> None:
    """Rows of a version, which is known by its profile."""
    if not monitor.query("SELECT 1 FROM model_version WHERE model_version = %s", version):
        log.register(monitor.database, monitor.models, version)
    sent = log.traffic(monitor.models, hours, an_hour)
    later = log.Traffic(sent.hours + start, sent.values, sent.labels, sent.callers, sent.references)
    log.write(monitor.database, monitor.models, later, version=version)


def incidents(monitor: Monitor) -> list[tuple[int, str, datetime]]:
    with monitor.connections.snapshot() as reader:
        found = reading.incidents(reader)
    return [(each.incident_id, each.model_version, each.opened_at) for each in reversed(found)]


def test_each_hour_is_looked_at_once_and_in_parts_of_a_day(monitor: Monitor) -> None:
    feed(monitor, 60, start=5)
    looked = judges(monitor)

    first = watch(monitor, log.moment(hours=30.5), looked)
    again = watch(monitor, log.moment(hours=30.9), looked)
    rest = watch(monitor, log.moment(hours=65), looked)

    assert (first.hours, again.hours, rest.hours) == (25, 0, 35)
    assert looked.hours("m1") == list(range(5, 65))
    spans = [(begin - FIRST, end - FIRST) for begin, end, *_ in looked.of["m1"].seen]
    assert spans == [(5, 24), (24, 30), (30, 48), (48, 65)]
    assert {count for *_, rows, _ in looked.of["m1"].seen for count in rows} == {2}
    ((until, as_of),) = monitor.query("SELECT looked_until, as_of FROM watch_state")
    assert (until, as_of) == (log.moment(hours=65), log.moment(hours=65))


def test_an_hour_is_over_five_minutes_after_its_end_unless_the_time_is_given(
    monitor: Monitor,
) -> None:
    feed(monitor, 3)
    rounds.run(monitor.connections, monitor.references())
    looked = judges(monitor)
    spans = []

    for minute, exact in ((64, False), (65, False), (119, False), (120, True)):
        with monitor.connections.connection() as connection:
            moment = log.START + timedelta(minutes=minute)
            spans.append(Watching(looked.looks).run(connection, moment, exact=exact).hours)

    assert spans == [0, 1, 0, 1]


def test_an_hour_with_rows_that_are_not_counted_yet_waits(monitor: Monitor) -> None:
    feed(monitor, 6)
    rounds.run(monitor.connections, monitor.references())
    looked = judges(monitor)
    watching = Watching(looked.looks)
    monitor.query("INSERT INTO rollup_mark VALUES (%s)", log.moment(hours=3))

    with monitor.connections.connection() as connection:
        waits = watching.run(connection, log.moment(hours=6), exact=True)
        monitor.query("DELETE FROM rollup_mark")
        goes_on = watching.run(connection, log.moment(hours=6), exact=True)

    assert (waits.hours, goes_on.hours) == (3, 3)
    assert looked.hours("m1") == list(range(6))


def test_what_fails_leaves_no_half_look_and_stops_nobody_else(
    monitor: Monitor, caplog: pytest.LogCaptureFixture
) -> None:
    feed(monitor, 50, version="m1", an_hour=3)
    feed(monitor, 50, version="m2")
    looked = judges(monitor, many=2)
    watching = Watching(looked.looks)

    def fail(first: int) -> None:
        if first >= FIRST + 24:
            raise ZeroDivisionError("no rows of that kind")

    def prepare(judge: Counter) -> None:
        if judge.version == "m1":
            judge.before = fail

    looked.prepare = prepare
    with caplog.at_level(logging.INFO, logger="monitor"):
        failed = watch(monitor, log.moment(hours=50), looked, watching)
        watch(monitor, log.moment(hours=50), looked, watching)
        assert len(incidents(monitor)) == 24
        looked.of["m1"].before = nothing
        looked.prepare = nothing
        mended = watch(monitor, log.moment(hours=50), looked, watching)

    assert failed.hours == 24 + 50
    assert failed.troubles == ("m1: ZeroDivisionError: no rows of that kind",)
    assert (mended.hours, mended.troubles) == (26, ())
    assert [each[0] for each in incidents(monitor)] == list(range(1, 51))
    assert looked.hours("m1") == list(range(50))
    told = [record.message for record in caplog.records if "look" in record.message]
    assert told == ["m1 cannot be looked at", "m1 is looked at again"]
    assert monitor.query("SELECT hours FROM rollup_state") == [(0,)]


def test_a_connection_that_is_cut_leaves_no_half_look(monitor: Monitor) -> None:
    feed(monitor, 24, an_hour=3)
    looked = judges(monitor, many=2)

    def cut(_first: int) -> None:
        looked.of["m1"].before = nothing
        monitor.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = 'monitor'"
        )

    def prepare(judge: Counter) -> None:
        judge.before = cut

    looked.prepare = prepare
    with pytest.raises(Exception, match=r"terminat|closed"):
        watch(monitor, log.moment(days=1), looked)
    assert incidents(monitor) == []
    looked.prepare = nothing

    watch(monitor, log.moment(days=1), looked)

    assert [each[0] for each in incidents(monitor)] == list(range(1, 25))


def test_two_monitors_at_once_find_what_one_finds(monitor: Monitor) -> None:
    for version in ("m1", "m2", "m3"):
        feed(monitor, 72, version=version, an_hour=3)
    rounds.run(monitor.connections, monitor.references())
    both = [judges(monitor, many=2) for _ in "ab"]
    watchings = [Watching(each.looks) for each in both]

    def run(watching: Watching) -> None:
        with monitor.connections.connection() as connection:
            watching.run(connection, log.moment(days=3), exact=True)

    threads = [threading.Thread(target=run, args=(each,)) for each in watchings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # What one left to the other, which was looking at it, is made up for by the next round.
    for watching in watchings:
        run(watching)

    for version in ("m1", "m2", "m3"):
        seen = [each.hours(version) for each in both if version in each.of]
        assert sorted(hour for hours in seen for hour in hours) == list(range(72))
    assert sorted(each[0] for each in incidents(monitor)) == list(range(1, 3 * 72 + 1))


def test_incidents_are_numbered_alike_at_once_and_day_by_day(monitor: Monitor) -> None:
    feed(monitor, 72, version="m1", an_hour=3)
    feed(monitor, 60, start=12, version="m2", an_hour=3)
    watch(monitor, log.moment(days=3), judges(monitor, many=2))
    at_once = incidents(monitor)
    monitor.query("TRUNCATE incident, watch_state CASCADE")

    for day in (1, 2, 3):
        watch(monitor, log.moment(days=day), judges(monitor, many=2))

    assert incidents(monitor) == at_once


def test_a_long_past_is_gone_through_in_as_many_rounds_as_it_takes(monitor: Monitor) -> None:
    feed(monitor, 72)
    looked = judges(monitor)
    watching = Watching(looked.looks, seconds=0)

    done = [watch(monitor, log.moment(days=3), looked, watching) for _ in range(4)]

    assert [(each.hours, each.behind) for each in done] == [(24, 48), (24, 24), (24, 0), (0, 0)]


def test_a_version_without_a_profile_is_looked_at_from_its_first_hour_once_it_has_one(
    monitor: Monitor,
) -> None:
    feed(monitor, 6)
    monitor.query("DELETE FROM reference_profile")
    looked = judges(monitor)
    none = watch(monitor, log.moment(hours=4), looked)
    monitor.query("DELETE FROM model_version")
    log.register(monitor.database, monitor.models, "m1")

    later = watch(monitor, log.moment(hours=6), looked)

    assert (none.hours, later.hours) == (0, 6)


def test_a_version_that_was_replaced_is_looked_at_until_its_last_outcome_is_due(
    monitor: Monitor,
) -> None:
    feed(monitor, 30, version="old")
    feed(monitor, 24 * 15, start=29, version="new")
    looked = judges(monitor)

    watch(monitor, log.moment(days=14), looked)

    served = [each for *_, span in looked.of["old"].seen for each in span]
    # Its last case is of the second day and due after ten.
    assert looked.hours("old") == list(range(12 * 24))
    assert served == [True] * 29 + [False] * (12 * 24 - 29)
    assert [each for *_, span in looked.of["new"].seen for each in span][:3] == [False, True, True]


def test_silence_without_a_successor_is_a_loss_of_traffic_for_two_weeks(monitor: Monitor) -> None:
    feed(monitor, 10)
    monitor.query("UPDATE model_version SET metadata = '{}'")
    monitor.query("DELETE FROM outcome_window")
    looked = judges(monitor)
    watch(monitor, log.moment(days=40), looked)
    silent = looked.hours("m1")
    feed(monitor, 1, start=24 * 20)

    watch(monitor, log.moment(days=20, hours=1), looked)

    assert silent == list(range(10 + 14 * 24))
    assert looked.hours("m1") == list(range(24 * 20 + 1))
    served = [each for *_, span in looked.of["m1"].seen for each in span]
    assert served == [True] * (9 + 14 * 24 + 1) + [False] * (24 * 20 - 10 - 14 * 24) + [True]


def test_rows_of_a_wrong_time_are_no_beginning(monitor: Monitor) -> None:
    feed(monitor, 5)
    feed(monitor, 1, start=-24 * 3000)
    looked = judges(monitor)

    watch(monitor, log.moment(hours=5), looked)

    assert looked.hours("m1") == list(range(5))


def test_business_time_that_is_held_is_that_of_every_round(
    monitor: Monitor, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monitor, 48)
    held = monitor.run("once", "--as-of", "2026-03-02T20:30:00Z", "--hold")
    assert (held.returncode, "20 hours looked at" in held.stdout) == (0, True), held
    looked = judges(monitor)
    watching = Watching(looked.looks)

    rounds.run(monitor.connections, monitor.references(), watching=watching)
    as_of = monitor.query("SELECT as_of FROM rollup_state")
    for words in (("clock",), ("clock", "release"), ("clock",), ("clock", "release")):
        command(monitor, *words)
    rounds.run(monitor.connections, monitor.references(), watching=watching)

    assert as_of == [(log.moment(hours=20.5),)]
    assert capsys.readouterr().out.splitlines() == [
        "business time is held at 2026-03-02T20:30:00Z",
        "business time was held at 2026-03-02T20:30:00Z, and goes on",
        "business time is now",
        "business time was not held",
    ]
    assert monitor.query("SELECT as_of > '2026-03-03' FROM rollup_state") == [(True,)]
    assert looked.hours("m1")[0] == 20


def command(monitor: Monitor, *words: str) -> None:
    """A command of the clock's."""
    parser = argparse.ArgumentParser()
    commands_clock.add(parser.add_subparsers())
    options = parser.parse_args(words)
    assert options.run(options, monitor.connections, None) == 0


def test_only_a_time_that_is_given_can_be_held(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["monitor", "once", "--hold"])

    with pytest.raises(SystemExit, match="2"):
        main()

    assert "--hold needs --as-of" in capsys.readouterr().err


def test_the_monitor_says_what_could_not_be_looked_at(monitor: Monitor) -> None:
    feed(monitor, 3)
    watch(monitor, log.moment(hours=2), judges(monitor))
    monitor.query("UPDATE watch_state SET state = '{\"format\": 0}'")

    done = monitor.run("once", "--as-of", "2026-03-02T03:00:00Z")

    assert done.returncode == 1
    assert "not looked at: m1: ValueError: the stored state has the format" in done.stderr
    assert monitor.query("SELECT sum(predictions)::int FROM rollup_hour") == [(6,)]


def test_a_look_that_somebody_else_has_taken_is_left_to_them(monitor: Monitor) -> None:
    feed(monitor, 3)
    looked = judges(monitor)
    watch(monitor, log.moment(hours=1), looked)
    other = psycopg2.connect(monitor.database.url("monitor"))
    with other, other.cursor() as cursor:
        cursor.execute("SELECT FROM watch_state FOR UPDATE")
        taken = watch(monitor, log.moment(hours=3), looked)
    other.close()

    left = watch(monitor, log.moment(hours=3), looked)

    assert (taken.hours, taken.troubles, left.hours) == (0, (), 2)
