"""A stream goes through the service whole, as it was and when it was."""

from datetime import date, datetime, timedelta

import pyarrow
import pyarrow.csv
import pyarrow.parquet

from replay.preparation import digest_of
from tests.replay import made
from tests.replay.conftest import Rig, references


def number(text: str) -> float | None:
    return None if text in {"", "NA"} else float(text)


def test_every_row_is_logged_as_it_stands_in_the_stream(rig: Rig) -> None:
    content = rig.rows(150)
    # Not in the order of time: the replay sorts.
    stream = rig.stream(content[::-1], "stream.csv.gz")

    code, said = rig.run(stream, "--outcome-due", "P1M")

    assert code == 0, said
    assert "REPLAY_KEYS is not set: all clients are one caller" in said
    assert "150 of 150 rows" in said
    columns = "event_time, outcome_due - event_time, age, debt_ratio, monthly_income"
    assert rig.logged() == references(content)
    assert [(made.text(row[0]), *row[1:]) for row in rig.logged(columns)] == [
        (
            row["event_time"],
            timedelta(days=31),  # a month from a day of January on
            int(row["age"]),
            float(row["DebtRatio"]),
            number(row["MonthlyIncome"]),
        )
        for row in content
    ]


def test_outcomes_come_in_their_step_before_its_predictions(rig: Rig) -> None:
    content = rig.rows(150)

    code, said = rig.run(rig.stream(content))

    assert code == 0, said
    known = [row for row in content if row["outcome_time"]]
    reported = rig.reported("client_reference, outcome::text, observed_at, source")
    assert {(*row[:2], made.text(row[2]), row[3]) for row in reported} == {
        (row["reference"], row["outcome"], row["outcome_time"], "replay") for row in known
    }
    assert len(reported) == len(known)
    scored: dict[date, datetime] = {}
    for day, moment in rig.logged("event_time::date, predicted_at"):
        scored[day] = min(moment, scored.get(day, moment))
    received = [
        (day, moment)
        for day, moment in rig.reported("observed_at::date, received_at")
        if day in scored
    ]
    assert {day for day, _ in received} == scored.keys()
    assert all(moment < scored[day] for day, moment in received)


def test_it_stops_where_it_is_told_and_goes_on(rig: Rig) -> None:
    content = rig.rows(60)
    stream = rig.stream(content)

    half = rig.run(stream, "--until", "2026-01-06")
    first = rig.logged()
    again = rig.run(stream)
    other = rig.run(stream, "--round", "hour", "--resume")
    rest = rig.run(stream, "--resume")
    done = rig.run(stream, "--resume")

    assert (half[0], rest[0], done[0]) == (0, 0, 0), (half, rest, done)
    assert "stopped before the end of the stream: --resume goes on" in half[1]
    assert first == references([row for row in content if row["event_time"] < "2026-01-06"])
    assert again[0] == 1
    assert "a replay was interrupted. --resume goes on with it" in again[1]
    assert other[0] == 1
    assert "another step, in microseconds" in other[1]
    assert rig.logged() == references(content)
    assert "nothing is left" in done[1]


def test_a_stream_is_not_replayed_twice_into_one_log(rig: Rig) -> None:
    stream = rig.stream(rig.rows(30))
    place = {"REPLAY_STATE_DIR": str(rig.directory / "kept" / "here")}
    assert rig.run(stream, **place)[0] == 0

    code, said = rig.run(stream)

    assert (rig.directory / "kept" / "here" / "stream.csv.replay" / "journal.sqlite").exists()
    assert code == 1
    assert "was replayed into this database before" in said
    assert len(rig.logged()) == 30


def test_a_parquet_file_is_the_same_stream(rig: Rig) -> None:
    content = rig.rows(40)
    moment = pyarrow.timestamp("ms", "UTC")
    options = pyarrow.csv.ConvertOptions(
        column_types={"event_time": moment, "outcome_time": moment}, strings_can_be_null=True
    )
    table = pyarrow.csv.read_csv(rig.stream(content), convert_options=options)
    pyarrow.parquet.write_table(table, rig.directory / "stream.parquet")

    code, said = rig.run(rig.directory / "stream.parquet")

    assert code == 0, said
    assert rig.logged("client_reference, age, debt_ratio, monthly_income") == [
        (
            row["reference"],
            int(row["age"]),
            float(row["DebtRatio"]),
            number(row["MonthlyIncome"]),
        )
        for row in content
    ]
    assert len(rig.reported()) == sum(row["outcome_time"] != "" for row in content)


def test_a_row_without_a_reference_gets_one_that_its_outcome_has_as_well(rig: Rig) -> None:
    stream = rig.stream([row | {"reference": ""} for row in rig.rows(10, seed=2)])

    assert rig.run(stream)[0] == 0

    rig.name = digest_of(stream)[:8]
    logged = {reference for (reference,) in rig.logged()}
    assert len(logged) == 10
    reported = {reference for (reference,) in rig.reported()}
    assert reported
    assert reported <= logged
