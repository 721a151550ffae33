"""The examples are declarations that can be read, of tables that hold what was known in time."""

from pathlib import Path

import pandas as pd
import pytest

from contract import declaration
from contract.feature import Feature
from examples import hotel_bookings, superlender
from trainer.table import read_table

EXAMPLES = Path(__file__).parents[2] / "examples"


def loan(
    number: int, approved: str, closed: str, repaid: str, customer: str = "a"
) -> dict[str, object]:
    return {
        "customerid": customer,
        "systemloanid": number,
        "loannumber": number,
        "approveddate": pd.Timestamp(approved),
        "loanamount": 10_000.0,
        "totaldue": 13_000.0,
        "termdays": 30,
        "closeddate": pd.Timestamp(closed),
        "referredby": None,
        "firstduedate": pd.Timestamp("2016-02-01"),
        "firstrepaiddate": pd.Timestamp(repaid),
    }


CUSTOMERS = pd.DataFrame(
    {
        "customerid": ["a", "a", "b"],
        "birth_year": [1980, 1980, 1990],
        "bank_account_type": "Savings",
        "employment_status_clients": [None, None, "Student"],
        "level_of_education_clients": None,
    }
)


def test_a_customers_history_holds_only_loans_closed_before_the_approval(tmp_path: Path) -> None:
    previous = pd.DataFrame(
        [
            loan(1, "2016-01-01 10:00", "2016-02-10", "2016-02-03"),
            loan(2, "2016-02-05 10:00", "2016-03-01", "2016-02-01 23:00"),
            loan(3, "2016-02-20 10:00", "2016-03-05", "2016-01-30"),
            loan(4, "2016-04-01 10:00", "2016-05-01", "2016-02-01", customer="b"),
            loan(5, "2017-07-02 10:00", "2017-07-20", "2016-02-01"),
        ]
    )

    made = superlender.loans(previous, CUSTOMERS)

    assert made["systemloanid"].tolist() == [1, 2, 3, 4]
    assert made["late"].tolist() == [1, 0, 0, 0]
    # The second was approved while the first was open; the third knows that it was two days late.
    assert made["closed_loans"].tolist() == [0, 0, 1, 0]
    assert made["late_loans"].tolist() == [0, 0, 1, 0]
    assert made["last_days_late"].tolist()[2] == 2
    assert made["outcome_at"].tolist()[:2] == [
        pd.Timestamp("2016-02-02"),
        pd.Timestamp("2016-02-01 23:00"),
    ]
    path = tmp_path / "superlender.csv"
    made.to_csv(path, index=False)
    assert len(read_table(path, declaration.read(EXAMPLES / "superlender.toml"))) == 4


def booking(year: int, month: str, day: int, lead: int) -> dict[str, object]:
    text = ("hotel", "meal", "market_segment", "distribution_channel", "reserved_room_type")
    levels = ("City Hotel", "BB", "Direct", "Direct", "A")
    numbers = (
        *("arrival_date_week_number", "stays_in_weekend_nights", "stays_in_week_nights"),
        *("adults", "children", "babies", "is_repeated_guest", "previous_cancellations"),
        *("previous_bookings_not_canceled", "agent", "company", "adr"),
        *("total_of_special_requests", "is_canceled"),
    )
    leaks = ("assigned_room_type", "booking_changes", "days_in_waiting_list")
    later = ("required_car_parking_spaces", "country", "deposit_type", "reservation_status")
    return {
        **dict(zip(text, levels, strict=True)),
        **dict.fromkeys(numbers, 1),
        **dict.fromkeys((*leaks, *later), "x"),
        "customer_type": "Group",
        "arrival_date_year": year,
        "arrival_date_month": month,
        "arrival_date_day_of_month": day,
        "lead_time": lead,
        "reservation_status_date": "2016-01-02",
    }


def test_only_bookings_whose_outcome_is_in_the_file_are_kept(tmp_path: Path) -> None:
    published = pd.DataFrame(
        [
            booking(2016, "March", 5, 4),
            booking(2016, "March", 1, 60),
            booking(2016, "March", 1, 181),
            booking(2015, "July", 1, 1),
            booking(2017, "March", 20, 3),
        ]
    )

    made = hotel_bookings.bookings(published)

    assert made["booked_on"].tolist() == [pd.Timestamp("2016-01-01"), pd.Timestamp("2016-03-01")]
    assert made["due_on"].tolist() == [pd.Timestamp("2016-03-01"), pd.Timestamp("2016-03-05")]
    path = tmp_path / "hotel_bookings.csv"
    made.to_csv(path, index=False)
    assert len(read_table(path, declaration.read(EXAMPLES / "hotel_bookings.toml"))) == 2


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_each_example_is_documented(path: Path) -> None:
    page = (EXAMPLES.parent / "docs" / "declaring.md").read_text(encoding="utf-8")

    assert f"(../examples/{path.name})" in page
    assert path.with_suffix(".py").exists()


def test_every_member_of_a_declaration_is_documented() -> None:
    page = (EXAMPLES.parent / "docs" / "declaring.md").read_text(encoding="utf-8")
    parts = (
        declaration._Document,
        declaration.TargetColumn,
        declaration.Source,
        declaration.Costs,
        declaration.Tolerances,
    )
    members = {name for part in parts for name in part.model_fields}
    members |= set(Feature.__dataclass_fields__)

    assert {
        name
        for name in members - {"source", "features", "target", "costs", "tolerances"}
        if f"`{name}`" not in page
    } == set()
