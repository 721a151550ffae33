"""Published data becomes a declaration, a table and a stream, and nothing is known too early."""

import csv
import gzip
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from contract import declaration
from examples import superlender as table_of_loans
from replay import stream
from replay.columns import columns_of
from replay.recipes.hotel import HOTEL
from replay.recipes.superlender import SUPERLENDER
from tests.api.service import ROOT
from trainer.table import read_table

Row = dict[str, object]

BOOKING: Row = {
    "hotel": "City Hotel", "is_canceled": 0, "lead_time": 4, "arrival_date_year": 2016,
    "arrival_date_month": "March", "arrival_date_week_number": 10,
    "arrival_date_day_of_month": 5, "stays_in_weekend_nights": 1, "stays_in_week_nights": 2,
    "adults": 2, "children": "NA", "babies": 0, "meal": "BB", "country": "PRT",
    "market_segment": "Direct", "distribution_channel": "Direct", "is_repeated_guest": 0,
    "previous_cancellations": 0, "previous_bookings_not_canceled": 0, "reserved_room_type": "A",
    "assigned_room_type": "C", "booking_changes": 3, "deposit_type": "Non Refund",
    "agent": "NULL", "company": "NULL", "days_in_waiting_list": 0, "customer_type": "Group",
    "adr": 80.5, "required_car_parking_spaces": 0, "total_of_special_requests": 0,
    "reservation_status": "Check-Out", "reservation_status_date": "2016-03-08",
}  # fmt: skip
LEAKS = (
    *("reservation_status", "assigned_room_type", "booking_changes", "days_in_waiting_list"),
    *("required_car_parking_spaces", "country", "deposit_type"),
)


def booking(day: str, *, lead: int = 4, cancelled: str | None = None, **more: object) -> Row:
    """One of an arrival day; `cancelled` on a day."""
    arrival = date.fromisoformat(day)
    return {
        **BOOKING,
        "arrival_date_year": arrival.year,
        "arrival_date_month": f"{arrival:%B}",
        "arrival_date_day_of_month": arrival.day,
        "lead_time": lead,
        "is_canceled": int(cancelled is not None),
        "reservation_status_date": cancelled or (arrival + timedelta(days=3)).isoformat(),
        **more,
    }


def write(path: Path, content: Sequence[Mapping[str, object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(content[0]))
        writer.writeheader()
        writer.writerows(content)
    return path


BOOKINGS = [
    booking("2016-01-05", lead=10),
    booking("2016-05-20", lead=30, hotel="Resort Hotel"),
    booking("2016-09-05", lead=5, cancelled="2016-09-02"),
    booking("2016-09-05", lead=5, cancelled="2016-09-02"),
    booking("2016-08-20", lead=3, hotel="Resort Hotel"),
    booking("2016-08-20", lead=181),
    booking("2017-03-20", lead=3),
]
APPROVED, CLOSED, DUE, REPAID = ("approveddate", "closeddate", "firstduedate", "firstrepaiddate")


def loan(number: int, *days: str, customer: str = "a", referred: str = "") -> Row:
    """Of its days: approved, closed, due, repaid."""
    approved, closed, due, repaid = (f"{day}:00.000000" for day in days)
    return {
        "customerid": customer, "systemloanid": number, "loannumber": number,
        APPROVED: approved, "creationdate": approved, "loanamount": "10000.0000",
        "totaldue": "13000.0000", "termdays": 30, CLOSED: closed, "referredby": referred,
        DUE: due, REPAID: repaid,
    }  # fmt: skip


LOANS = [
    loan(1, "2016-09-01 10:00", "2016-10-10 09:00", "2016-10-01 00:00", "2016-10-03 08:00"),
    loan(2, "2016-10-05 10:00", "2016-11-03 09:00", "2016-11-04 00:00", "2016-11-03 09:00"),
    loan(3, "2016-10-20 10:00", "2016-11-20 09:00", "2016-11-19 00:00", "2016-11-19 20:00"),
    loan(4, "2017-01-05 10:00", "2017-02-02 09:00", "2017-02-04 00:00", "2017-02-02 09:00"),
    loan(5, "2017-07-02 10:00", "2017-07-20 09:00", "2017-08-02 00:00", "2017-07-20 09:00"),
]  # fmt: skip
OTHERS = [
    loan(6, "2017-02-01 10:00", "2017-03-09 09:00", "2017-03-03 00:00", "2017-03-09 09:00",
         customer="b", referred="a"),
]  # fmt: skip
CUSTOMERS: list[Row] = [
    {
        "customerid": name, "birth_year": year, "bank_account_type": "Savings",
        "employment_status_clients": "", "level_of_education_clients": "Graduate",
    }
    for name, year in (("a", 1980), ("a", 1981))
]  # fmt: skip


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The files of both, of the shape in which they are published."""
    directory = tmp_path / "published"
    directory.mkdir()
    write(directory / "hotel_bookings.csv", BOOKINGS)
    write(directory / "trainprevloans.csv", LOANS)
    write(directory / "testprevloans.csv", OTHERS)
    write(directory / "demographics.csv", CUSTOMERS)
    return directory


def prepared(*arguments: object) -> tuple[int, str]:
    """Exit code, and what it said."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "replay", "prepare", *map(str, arguments)],
        cwd=ROOT, env=kept, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == ""
    return done.returncode, done.stderr


def lines(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_bookings_become_a_table_and_a_stream(published: Path, tmp_path: Path) -> None:
    code, said = prepared("hotel", published / "hotel_bookings.csv", "--output", tmp_path / "data")

    assert code == 0, said
    assert "1 cases to train on" in said
    assert "3 to replay; 1 between them are in neither" in said
    assert "known or changed only after the booking: reservation_status" in said
    declared = declaration.read(tmp_path / "data" / "hotel_bookings.toml")
    assert len(read_table(tmp_path / "data" / "hotel_bookings.csv", declared)) == 1
    made = lines(tmp_path / "data" / "hotel_bookings.stream.csv.gz")
    assert not {*LEAKS} & made[0].keys()
    assert [(each["client"], each["event_time"]) for each in made] == [
        ("resort", "2016-08-17T00:00:00Z"),
        ("city", "2016-08-31T00:00:00Z"),
        ("city", "2016-08-31T00:00:00Z"),
    ]
    # Who arrived has not cancelled, whenever they leave; a day is over at its end.
    assert [(each["outcome"], each["outcome_time"], each["outcome_due"]) for each in made[:2]] == [
        ("0", "2016-08-21T00:00:00Z", "2016-08-21T00:00:00Z"),
        ("1", "2016-09-03T00:00:00Z", "2016-09-06T00:00:00Z"),
    ]
    with stream.opened(tmp_path / "data" / "hotel_bookings.stream.csv.gz") as (header, _, _):
        assert columns_of("stream", header, declared.schema).ignored == ()


def test_rooms_of_a_group_are_taken_once_where_that_is_asked_for(
    published: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "hotel.zip", "w") as archive:
        archive.write(published / "hotel_bookings.csv", "some/hotel_bookings.csv")

    code, said = prepared("hotel", tmp_path / "hotel.zip", "--distinct", "--output", tmp_path)

    assert code == 0, said
    made = lines(tmp_path / "hotel_bookings.stream.csv.gz")
    assert [each["reference"] for each in made] == ["booking-5", "booking-3"]


def test_loans_know_of_a_customer_what_was_known_at_the_approval(
    published: Path, tmp_path: Path
) -> None:
    code, said = prepared("superlender", published, "--output", tmp_path)

    assert code == 0, said
    assert "loans from 20 June 2017 on" in said
    first, second = lines(tmp_path / "superlender.stream.csv.gz")
    assert (first["closed_loans"], first["late_loans"], first["last_days_late"]) == ("3", "1", "0")
    assert (second["reference"], second["was_referred"], second["birth_year"]) == (
        "loan-6", "true", "",
    )  # fmt: skip
    assert (second["outcome"], second["outcome_time"]) == ("1", "2017-03-04T00:00:00Z")
    assert (first["outcome"], first["outcome_time"], first["outcome_due"]) == (
        "0", "2017-02-02T09:00:00Z", "2017-02-05T00:00:00Z",
    )  # fmt: skip
    declared = declaration.read(tmp_path / "superlender.toml")
    assert len(read_table(tmp_path / "superlender.csv", declared)) == 3


def test_the_histories_are_those_that_another_program_finds(published: Path) -> None:
    previous = pd.concat(
        pd.read_csv(published / name, parse_dates=[APPROVED, CLOSED, DUE, REPAID])
        for name in ("trainprevloans.csv", "testprevloans.csv")
    ).reset_index(drop=True)
    expected = table_of_loans.loans(previous, pd.read_csv(published / "demographics.csv"))

    cases = SUPERLENDER.read(published)

    assert len(cases) == len(expected) == 5
    for case, row in zip(cases, expected.to_dict("records"), strict=True):
        assert case.reference == f"loan-{row['systemloanid']}"
        assert case.outcome == bool(row["late"])
        assert case.observed.replace(tzinfo=None) == row["outcome_at"]
        assert case.due.replace(tzinfo=None) == row["due_at"]
        for name in ("closed_loans", "late_loans", "mean_days_late", "days_since_last"):
            found = case.features[name]
            assert (float(found) if found else None) == (
                None if pd.isna(row[name]) else pytest.approx(row[name])
            )


def test_what_is_trained_on_was_settled_when_the_stream_begins(published: Path) -> None:
    assert max(case.due - case.event for case in HOTEL.read(published)) <= HOTEL.longest


def test_the_same_files_are_made_again(published: Path, tmp_path: Path) -> None:
    for place in ("one", "two"):
        assert prepared("superlender", published, "--output", tmp_path / place)[0] == 0

    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([{"hotel": "City Hotel"}], "has no column lead_time"),
        ([{**BOOKING, "lead_time": "soon"}], "row 2: invalid literal for int"),
        ([{**BOOKING, "arrival_date_month": "Mars"}], "row 2: time data '2016 Mars 5'"),
        ([booking("2020-01-01")], "none of its rows is a case"),
        ([booking("2016-08-01")], "--from 2016-07-01: 0 cases were settled by then, and 1"),
    ],
)
def test_what_is_not_the_published_file_is_refused(
    tmp_path: Path, content: list[Row], said: str
) -> None:
    code, answer = prepared("hotel", write(tmp_path / "a.csv", content), "--output", tmp_path / "b")

    assert code == 1
    assert said in answer
    assert "published: Antonio" in answer
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [("nowhere", "nowhere: No such file"), ("published", "there is no hotel_bookings.csv in it")],
)
def test_a_file_that_is_not_there_is_named(published: Path, name: str, said: str) -> None:
    (published / "hotel_bookings.csv").unlink()

    code, answer = prepared("hotel", published.parent / name)

    assert code == 1
    assert said in answer
