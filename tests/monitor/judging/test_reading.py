"""Counts of outcomes from a real PostgreSQL, now and as of a time that is past."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.profile import CellCounts, Profile, ScoreProfile
from contract.signature import SigningKeys
from db.rollup import bins
from monitor import round as rounds
from monitor.database import Database as MonitorDatabase
from monitor.database import Reader
from monitor.judging import counted
from monitor.judging.cohort import Step
from monitor.judging.counts import Counts, States
from monitor.judging.judged import judged
from monitor.judging.maturity import by_caller, maturity
from monitor.judging.reading import Known, reaching_back, read, read_held_out
from monitor.judging.selection import Selection
from monitor.page.kept import KeptOfPage
from monitor.references import References
from tests.conftest import Database
from tests.db.rows import insert, row
from tests.monitor.judging.cases import moment

JANUARY = Selection(moment("2026-01-01"), moment("2026-02-01"), "day")
SCORE = 0.25
ASKED = moment("2026-02-10")


@pytest.fixture
def monitor(database: Database) -> Iterator[MonitorDatabase]:
    found = MonitorDatabase(database.url("monitor"), lambda: None)
    yield found
    found.close()


def _read(
    monitor: MonitorDatabase, selection: Selection = JANUARY, as_of: datetime | None = None
) -> Known:
    with monitor.snapshot() as connection:
        return read(connection, selection, as_of)


def _roll(database: Database, as_of: datetime) -> None:
    database.query("UPDATE rollup_state SET settled_at = %s, as_of = %s", as_of, as_of)


def _count(database: Database, table: str, **values: Any) -> None:
    """A row of ten predictions: seven good and one bad, and two of which nothing is known."""
    scores, ages = [0] * 200, [0] * 26
    whole: dict[str, Any] = {
        "model_version": "m1",
        "caller": "",
        "route": "/predict",
        "due_on": "2026-02-04",
        "predictions": 10,
        "unreported": 1,
        "interim": 1,
        "good": 7,
        "bad": 1,
        "retracted": 0,
        "unobservable": 0,
        "contested": 0,
        "probability_sum": 2.5,
        "good_sum": 1.75,
        "good_squares": 0.4375,
        "bad_sum": 0.25,
        "bad_squares": 0.0625,
        "good_scores": [*scores[:88], 7, *scores[89:]],
        "bad_scores": [*scores[:88], 1, *scores[89:]],
        "good_ages": [*ages[:8], 7, *ages[9:]],
        "bad_ages": [*ages[:3], 1, *ages[4:]],
        **values,
    }
    names, holes = ", ".join(whole), ", ".join(["%s"] * len(whole))
    database.query(f"INSERT INTO {table} ({names}) VALUES ({holes})", *whole.values())


def _report(database: Database, number: int, outcome: int | None, seen: str, **values: Any) -> None:
    whole = {
        "prediction_id": _id(number),
        "source": "core",
        "event_key": "1",
        "state": "final",
        "outcome": outcome,
        "revision": 0,
        "observed_at": moment(seen),
        "received_at": moment(seen),
        **values,
    }
    names, holes = ", ".join(whole), ", ".join(["%s"] * len(whole))
    database.query(f"INSERT INTO outcome_event ({names}) VALUES ({holes})", *whole.values())


def _id(number: int) -> str:
    at = int(moment("2026-01-05T12:00:00").timestamp() * 1000) + number
    return f"{at >> 16:08x}-{at & 0xFFFF:04x}-7000-a000-{number:012x}"


def _predictions(database: Database, count: int, **values: Any) -> None:
    start = moment("2026-01-05T12:00:00")
    insert(
        database,
        [
            row(
                (start + timedelta(milliseconds=number)).isoformat(),
                prediction_id=_id(number),
                logged_at=start + timedelta(seconds=1),
                outcome_due=moment("2026-02-04T12:00:00"),
                probability=SCORE,
                api_key_name="branch" if number % 2 else None,
                **values,
            )
            for number in range(count)
        ],
    )


def test_what_the_last_round_counted(database: Database, monitor: MonitorDatabase) -> None:
    _count(database, "outcome_day", day="2026-01-05", caller="branch")
    _count(database, "outcome_day", day="2026-01-05", due_on="infinity")
    _count(database, "outcome_day", day="2026-02-01")
    _roll(database, ASKED)

    found = _read(monitor)

    assert found.as_of == ASKED
    assert len(found.counts) == 2
    assert sorted(found.counts.caller) == ["", "branch"]
    assert found.counts.open.sum() == 1
    answer = maturity(found.counts, found.as_of)
    assert (answer.judged, answer.overdue, answer.undated.known) == (8, 2, 8)
    assert found.counts.sum("good_sum") == 3.5
    assert found.counts.good_scores[:, 88].tolist() == [7, 7]
    assert found.counts.bad_ages[:, 3].tolist() == [1, 1]


def test_by_the_hour_both_parts_are_counted(database: Database, monitor: MonitorDatabase) -> None:
    for part in ("live", "retired"):
        _count(database, "outcome_hour", hour="2026-01-05 12:00Z", part=part)
    _roll(database, ASKED)
    selection = Selection(moment("2026-01-05T11:30:00"), moment("2026-01-05T12:30:00"), "hour")

    found = _read(monitor, selection)

    assert found.counts.total().predictions == 20
    assert found.counts.start.astype(str).tolist() == ["2026-01-05T12"]


@pytest.mark.parametrize(
    ("names", "predictions"),
    [
        ({"version": "m2"}, 10),
        ({"caller": ""}, 20),
        ({"caller": "branch"}, 10),
        ({"route": "/other"}, 10),
        ({"version": "m2", "caller": "branch"}, 0),
    ],
)
def test_a_selection_by_name(
    database: Database, monitor: MonitorDatabase, names: dict[str, str], predictions: int
) -> None:
    _count(database, "outcome_day", day="2026-01-05", caller="branch")
    _count(database, "outcome_day", day="2026-01-05", model_version="m2")
    _count(database, "outcome_day", day="2026-01-05", route="/other")
    _roll(database, ASKED)

    found = _read(monitor, Selection(JANUARY.start, JANUARY.end, "day", **names))

    assert found.counts.total().predictions == predictions


def test_no_cohort_is_cut_in_two(database: Database, monitor: MonitorDatabase) -> None:
    _count(database, "outcome_day", day="2026-01-05")
    _count(database, "outcome_day", day="2026-01-18")
    _count(database, "outcome_day", day="2026-01-19")
    _roll(database, ASKED)
    midweek = Selection(moment("2026-01-07"), moment("2026-01-14"), "week")

    assert midweek.span == (moment("2026-01-05"), moment("2026-01-19"))
    assert _read(monitor, midweek).counts.total().predictions == 20


def test_before_the_last_round_the_log_itself_is_asked(
    database: Database, monitor: MonitorDatabase
) -> None:
    _predictions(database, 8)
    _report(database, 0, 1, "2026-01-08")
    _report(database, 1, 0, "2026-02-03")
    _report(database, 2, 1, "2026-02-01", state="interim")
    _report(database, 3, None, "2026-02-01", state="unobservable")
    _report(database, 4, None, "2026-02-01", state="retracted")
    _report(database, 5, 1, "2026-02-02")
    _report(database, 5, 0, "2026-02-02", event_key="2")
    _roll(database, moment("2026-06-01"))

    found = _read(monitor, as_of=ASKED)

    assert found.as_of == ASKED
    assert found.counts.total() == States(2, 1, 1, 1, 1, 1, 1)
    assert found.counts.due_on.astype(str).tolist() == ["2026-02-04"] * 2
    place = sum(edge <= SCORE for edge in bins.SCORES)
    assert found.counts.bad_scores.sum(axis=0).nonzero()[0].tolist() == [place]
    # Observed 2.5 days later, and 28.5: days 2 to 3, and 21 to 30.
    assert found.counts.bad_ages.sum(axis=0).nonzero()[0].tolist() == [2]
    assert found.counts.good_ages.sum(axis=0).nonzero()[0].tolist() == [8]
    assert (found.counts.sum("probability_sum"), found.counts.sum("bad_squares")) == (2.0, 0.0625)
    parts = by_caller(found.counts, ASKED)
    assert {name: part.predictions for name, part in parts.items()} == {"": 4, "branch": 4}


def test_a_report_after_a_time_never_changes_an_answer_as_of_it(
    database: Database, monitor: MonitorDatabase
) -> None:
    _predictions(database, 6)
    _report(database, 0, 1, "2026-01-08")
    _report(database, 1, 0, "2026-02-03")
    _roll(database, moment("2026-06-01"))
    before = _read(monitor, as_of=ASKED)

    # Late, a correction, one that was observed in time and came later, one taken back, a late row.
    _report(database, 2, 1, "2026-03-01")
    _report(database, 0, 0, "2026-03-01", revision=1, event_key="2")
    _report(database, 3, 1, "2026-02-01", received_at=moment("2026-03-01"))
    _report(database, 1, None, "2026-03-02", state="retracted", event_key="2")
    late = row("2026-01-06T00:00:00Z", logged_at=moment("2026-03-01"))
    insert(database, [late])
    after = _read(monitor, as_of=ASKED)
    then = _read(monitor, as_of=moment("2026-03-03"))

    assert maturity(after.counts, ASKED) == maturity(before.counts, ASKED)
    assert maturity(before.counts, ASKED).judged == 2
    for name in before.counts.__slots__[1:]:
        assert str(getattr(after.counts, name)) == str(getattr(before.counts, name))
    assert then.counts.total() == States(unreported=3, good=1, bad=2, retracted=1)


class Counting:
    """A reader that keeps how many rows each query had."""

    def __init__(self, reader: Reader) -> None:
        self.sizes: list[int] = []
        self._reader = reader

    def rows(self, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        found = self._reader.rows(statement, values)
        self.sizes.append(len(found))
        return found


def test_many_rows_are_read_in_parts(
    database: Database, monitor: MonitorDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "_PART", 3)
    for day in ("05", "06", "07", "31"):
        for due in ("2026-02-04", "2026-02-05", "2026-03-05"):
            _count(database, "outcome_day", day=f"2026-01-{day}", due_on=due)
    _count(database, "outcome_day", day="2026-01-31", due_on="infinity")
    _roll(database, ASKED)

    with monitor.snapshot() as connection:
        counting = Counting(connection)
        found = read(counting, JANUARY).counts

    # The state, the sizes, and days of three or four rows.
    assert counting.sizes == [1, 4, 3, 3, 3, 4]
    assert found.total().predictions == 130
    # What is due of a day, what is not, and what never is.
    assert found.start.astype("datetime64[D]").astype(str).tolist().count("2026-01-05") == 2
    assert len(found) == 9
    assert maturity(found, ASKED).due.predictions == 80


def test_only_what_was_written_since_is_read_again(
    database: Database, monitor: MonitorDatabase
) -> None:
    for day in ("05", "06", "14", "31"):
        _count(database, "outcome_day", day=f"2026-01-{day}", due_on="2026-02-20")
    _roll(database, ASKED)
    kept = KeptOfPage().outcomes

    def look(selection: Selection = JANUARY) -> tuple[list[int], Counts]:
        with monitor.snapshot() as connection:
            counting = Counting(connection)
            found = read(counting, selection, kept=kept).counts
            fresh = read(connection, selection).counts
        for field in fields(Counts):
            left, right = (getattr(counts, field.name) for counts in (found, fresh))
            np.testing.assert_array_equal(left, right, field.name)
        # After the state, and the sizes of its days.
        return counting.sizes[2:], found

    assert look()[0] == [4]
    assert look()[0] == []
    database.query("UPDATE outcome_day SET good = 6, bad = 2 WHERE day = '2026-01-06'")
    assert look()[0] == [2]
    database.query("DELETE FROM outcome_day WHERE day = '2026-01-14'")
    _count(database, "outcome_day", day="2026-01-22")
    assert look()[0] == [1]
    # Another window looks at the same weeks; other names, or another day, are another matter.
    assert look(replace(JANUARY, start=moment("2026-01-10")))[0] == []
    assert look(replace(JANUARY, caller="branch"))[0] == []
    assert look(replace(JANUARY, caller=""))[0] == [4]
    _roll(database, moment("2026-02-25"))
    sizes, found = look()
    assert sizes == [4]
    assert maturity(found, moment("2026-02-25")).due.predictions == 40
    assert kept.find("nothing") is None


@pytest.mark.parametrize("step", ["day", "hour"])
def test_what_a_round_counts_is_what_the_log_says(
    database: Database, monitor: MonitorDatabase, tmp_path: Path, step: Step
) -> None:
    _predictions(database, 40)
    random = np.random.default_rng(1)
    for number in range(32):
        seen = moment("2026-01-05T12:00:01") + timedelta(days=float(random.exponential(9)))
        state = ("final", "final", "interim", "retracted", "unobservable")[number % 5]
        outcome = number % 3 % 2 if state in ("final", "interim") else None
        _report(database, number, outcome, seen.isoformat(), state=state)
    _report(database, 30, 1, "2026-02-02", event_key="2")
    _report(database, 30, 0, "2026-02-02", event_key="3")
    insert(database, [row("2026-01-20T10:00:00Z", logged_at="2026-01-20T10:00:00Z")])
    rounds.run(monitor, References(tmp_path, SigningKeys(())))
    selection = replace(JANUARY, step=step)

    counted = _read(monitor, selection)
    recounted = _read(monitor, selection, counted.as_of - timedelta(microseconds=1))

    assert counted.counts.total().predictions == 41
    assert counted.counts.total() == recounted.counts.total()
    for first, second in zip(*map(_by_key, (counted, recounted)), strict=True):
        assert first == second


def _by_key(known: Known) -> list[tuple[Any, ...]]:
    counts = known.counts
    keys = zip(counts.start.astype(str), counts.due_on.astype(str), counts.caller, strict=True)
    arrays = (
        np.round(getattr(counts, name), 9).tolist()
        for name in ("states", "sums", "good_scores", "bad_scores", "good_ages", "bad_ages")
    )
    return sorted(zip(keys, *arrays, strict=True))


def _replay(database: Database, as_of: datetime) -> None:
    """As a round with `--as-of`: it counts what was received by now."""
    database.query("UPDATE rollup_state SET settled_at = now(), as_of = %s", as_of)


def test_in_a_replay_what_was_observed_later_is_not_known_yet(
    database: Database, monitor: MonitorDatabase
) -> None:
    _predictions(database, 3)
    came = moment("2026-08-01")
    _report(database, 0, 1, "2026-01-08", received_at=came)
    _report(database, 1, 0, "2026-02-11", received_at=came)
    _replay(database, ASKED)

    for as_of in (None, ASKED, moment("2026-03-01")):
        found = _read(monitor, as_of=as_of)
        assert (found.as_of, found.replayed) == (ASKED, True)
        assert found.counts.total() == States(unreported=2, bad=1)
    assert _read(monitor, as_of=moment("2026-01-07")).counts.total() == States(unreported=3)
    assert len(_read(monitor, as_of=moment("2026-01-05")).counts) == 0


def test_in_a_replay_where_nothing_was_the_counts_are_taken(
    database: Database, monitor: MonitorDatabase
) -> None:
    _count(database, "outcome_day", day="2026-01-05")
    _report(database, 0, 1, "2026-01-08")
    _replay(database, ASKED)

    found = _read(monitor)

    assert (found.as_of, found.replayed, found.counts.total().predictions) == (ASKED, False, 10)


def test_rows_that_are_gone_are_named(database: Database, monitor: MonitorDatabase) -> None:
    _count(database, "outcome_hour", hour="2026-01-05 12:00Z", part="retired")
    _roll(database, ASKED)

    assert _read(monitor, as_of=moment("2026-02-05")).retired == 10
    assert _read(monitor).retired == 0


def test_before_the_first_round_nothing_is_known(monitor: MonitorDatabase) -> None:
    found = _read(monitor)

    assert (len(found.counts), found.as_of) == (0, moment("2000-01-01"))


def test_what_the_bundle_said_of_its_held_out_part(
    database: Database, monitor: MonitorDatabase
) -> None:
    counts = CellCounts(negatives=(60, 30), positives=(4, 16))
    score = ScoreProfile(edges=(0.5,), counts=counts, scores=(0.5,), calibrated=(0.2,))
    profile = Profile(rows=110, positives=20, columns=(), score=score)
    for version, stored in (("m1", profile.to_json().decode()), ("m2", None), ("m3", "{}")):
        metrics = {"metrics": {"auc": 0.74, "brier": 0.11, "rows": 110, "positives": 20}}
        database.query(
            "INSERT INTO model_version VALUES (%s, 'gmsc/1', 's', false, now(), now(), %s)",
            version,
            json.dumps(metrics),
        )
        database.query(
            "INSERT INTO reference_profile (model_version, declaration, profile)"
            " VALUES (%s, '{}', %s)",
            version,
            stored,
        )
    with monitor.snapshot() as connection:
        found = read_held_out(connection, ["m1", "m2", "m3", "m4"])

    assert sorted(found) == ["m1", "m2", "m3"]
    assert {(each.auc, each.brier) for each in found.values()} == {(0.74, 0.11)}
    binned = found["m1"].binned
    assert binned
    assert binned.area.value == pytest.approx((16 * (60 + 15) + 4 * 30) / (20 * 90))
    assert found["m1"].bad == 20 / 110
    assert (found["m2"].binned, found["m3"].binned) == (None, None)


def test_what_fell_due_in_the_time_shown_is_selected_however_old(
    database: Database, monitor: MonitorDatabase
) -> None:
    _count(database, "outcome_day", day="2024-01-17", due_on="2026-01-17")
    _count(database, "outcome_day", day="2023-01-17", due_on="2025-01-17")
    _count(database, "outcome_day", day="2022-01-17", due_on="infinity")
    _count(database, "outcome_day", day="2023-06-17", due_on="2026-01-17", caller="branch")

    with monitor.snapshot() as connection:
        whole = reaching_back(connection, replace(JANUARY, caller=""))
        same = reaching_back(connection, replace(JANUARY, version="m2"))
        few = reaching_back(connection, replace(JANUARY, step="hour"), most=1000)

    assert (whole.start, whole.end, whole.step) == (moment("2024-01-17"), JANUARY.end, "month")
    assert same == replace(JANUARY, version="m2")
    assert (few.start, few.step) == (moment("2023-06-17"), "day")


def test_both_sections_out_of_one_snapshot(database: Database, monitor: MonitorDatabase) -> None:
    _count(database, "outcome_day", day="2025-12-20", due_on="2026-01-20")
    _count(database, "outcome_day", day="2026-01-30", due_on="2026-03-01")
    _roll(database, moment("2026-02-01T00:00:10"))

    with monitor.snapshot() as connection:
        outcomes, performance = judged(connection, JANUARY)

    assert outcomes.sentences[:2] == (
        "Of 10 outcomes due, 80.0% are known; 2 are overdue.",
        "10 more are not due yet, the next on 1 March. Early word has come of 8; no rate can be"
        " made of it, since bad news arrives first.",
    )
    assert performance.sentences[0].startswith(
        "The last wholly due day is 20 December 2025. There 1 went bad and 2 were expected,"
    )
