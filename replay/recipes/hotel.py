"""Hotel booking demand: will a booking be cancelled?"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from contract import declaration
from replay.errors import ReplayError
from replay.recipes.published import rows
from replay.recipes.recipe import Case, Recipe

_DAY = timedelta(days=1)
_FILE = "hotel_bookings.csv"
_DECLARATION = Path(__file__).parents[2] / "examples" / "hotel_bookings.toml"
# Of these bookings the outcome is in the file, whichever it is; of others if it came early.
_FIRST, _LAST = datetime(2015, 7, 1, tzinfo=UTC), datetime(2017, 3, 4, tzinfo=UTC)
_MOST_DAYS_AHEAD = 180
_CLIENTS = {"City Hotel": "city", "Resort Hotel": "resort"}
_ARRIVAL = ("arrival_date_year", "arrival_date_month", "arrival_date_day_of_month")
_LABEL = ("is_canceled", "reservation_status_date")


def _cases(path: Path) -> list[Case]:
    names = declaration.read(_DECLARATION).schema.names
    found = []
    for line, row in enumerate(rows(path, _FILE, (*names, *_ARRIVAL, *_LABEL)), 2):
        try:
            arrival = _arrival(row)
            event = arrival - int(row["lead_time"]) * _DAY
            settled = datetime.fromisoformat(row["reservation_status_date"]).replace(tzinfo=UTC)
        except ValueError as error:
            raise ReplayError(f"{path}: {_FILE}, row {line:,}: {error}") from error
        if int(row["lead_time"]) > _MOST_DAYS_AHEAD or not _FIRST <= event <= _LAST:
            continue
        # Days have no hour: what happens on one is known at its end. Whoever arrives has not
        # cancelled; the published date of these is that of the departure.
        due = arrival + _DAY
        found.append(
            Case(
                reference=f"booking-{line - 1}",
                event=event,
                features={name: row[name] for name in names},
                outcome=row["is_canceled"] == "1",
                observed=min(settled + _DAY, due),
                due=due,
                client=_CLIENTS.get(row["hotel"]),
            )
        )
    return sorted(found, key=lambda case: (case.event, case.due))


def _arrival(row: dict[str, str]) -> datetime:
    year, month, day = (row[name] for name in _ARRIVAL)
    return datetime.strptime(f"{year} {month} {day}", "%Y %B %d").replace(tzinfo=UTC)


HOTEL = Recipe(
    published="Antonio, de Almeida, Nunes, 'Hotel booking demand datasets', Data in Brief 22"
    " (2019), CC BY 4.0: hotel_bookings.csv, 119,390 bookings",
    declaration=_DECLARATION,
    first_day=date(2016, 7, 1),
    longest=timedelta(days=_MOST_DAYS_AHEAD + 1),
    notes=(
        "left out, known or changed only after the booking: reservation_status,"
        " assigned_room_type, booking_changes, days_in_waiting_list, required_car_parking_spaces,"
        " country, deposit_type. adr and total_of_special_requests may have changed, too.",
        f"left out, censored: bookings more than {_MOST_DAYS_AHEAD} days ahead, and those before"
        " July 2015 or after 4 March 2017: of these the file holds only what was settled early.",
        "two in five rows equal others: the rooms of a group, booked one by one. --distinct takes"
        " equal ones of a day once.",
    ),
    read=_cases,
)
