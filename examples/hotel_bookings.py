"""Make the table of examples/hotel_bookings.toml from the published file.

    python examples/hotel_bookings.py hotel_bookings.csv.zip data/hotel_bookings.csv

The data: Antonio, de Almeida, Nunes, "Hotel booking demand datasets", Data in Brief 22 (2019).
"""

import sys
from pathlib import Path

import pandas as pd

# What is known, or was changed, only after the booking: it tells the label.
_LATER = [
    *("reservation_status", "assigned_room_type", "booking_changes", "days_in_waiting_list"),
    *("required_car_parking_spaces", "country", "deposit_type"),
    *("arrival_date_year", "arrival_date_day_of_month"),
]
# Only bookings whose outcome is in the file, whichever it is: others are there if they came early.
_FIRST, _LAST, _MOST_DAYS_AHEAD = "2015-07-01", "2017-03-04", 180


def bookings(published: pd.DataFrame) -> pd.DataFrame:
    """Bookings with the day on which each was made, and the one on which its outcome was known."""
    arrival = pd.to_datetime(
        published["arrival_date_year"].astype(str)
        + published["arrival_date_month"]
        + published["arrival_date_day_of_month"].astype(str),
        format="%Y%B%d",
    )
    booked = arrival - pd.to_timedelta(published["lead_time"], unit="D")
    whole = published["lead_time"].le(_MOST_DAYS_AHEAD) & booked.between(_FIRST, _LAST)
    made = published.drop(columns=_LATER)
    made.insert(0, "booked_on", booked)
    made.insert(1, "outcome_on", pd.to_datetime(made.pop("reservation_status_date")))
    made.insert(2, "due_on", arrival)
    made = made[whole].sort_values(["booked_on", "due_on"], kind="stable")
    made.insert(0, "booking", range(1, len(made) + 1))
    return made


def main() -> None:
    """Read the first file, write the second."""
    source, target = map(Path, sys.argv[1:])
    published = pd.read_csv(source, keep_default_na=False, low_memory=False)
    bookings(published).to_csv(target, index=False)


if __name__ == "__main__":
    main()
