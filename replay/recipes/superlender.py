"""SuperLender: will a loan of a returning customer be repaid late?"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import fmean

from replay.errors import ReplayError
from replay.recipes.published import rows
from replay.recipes.recipe import Case, Recipe

_DAY = timedelta(days=1)
# The files end on 30 July 2017 and hold only loans that were closed: of those due in its last days
# the late ones are missing. All that were approved before are due by 26 July.
_END = datetime(2017, 6, 20, tzinfo=UTC)
_FILES = ("trainprevloans.csv", "testprevloans.csv")
_TIMES = ("approveddate", "closeddate", "firstduedate", "firstrepaiddate")
_LOAN = ("customerid", "systemloanid", "loannumber", "loanamount", "totaldue", "termdays")
_OF_CUSTOMER = {
    "birth_year": "birth_year",
    "bank_account_type": "bank_account_type",
    "employment_status": "employment_status_clients",
    "level_of_education": "level_of_education_clients",
}


@dataclass(frozen=True, slots=True)
class _Loan:
    row: dict[str, str]
    approved: datetime
    closed: datetime
    due: datetime
    repaid: datetime

    @property
    def days_late(self) -> int:
        """Of its first repayment, in whole days; negative where it came early."""
        return (self.repaid.replace(hour=0, minute=0, second=0, microsecond=0) - self.due).days

    @property
    def late(self) -> bool:
        return self.days_late > 0


def _cases(path: Path) -> list[Case]:
    customers: dict[str, dict[str, str]] = {}
    for row in rows(path, "demographics.csv", ("customerid", *_OF_CUSTOMER.values())):
        customers.setdefault(row["customerid"], row)
    of_customer: dict[str, list[_Loan]] = defaultdict(list)
    for loan in _loans(path):
        of_customer[loan.row["customerid"]].append(loan)
    found = [
        _case(loan, history, customers.get(customer, {}))
        for customer, history in of_customer.items()
        for loan in history
        if loan.approved < _END
    ]
    return sorted(found, key=lambda case: (case.event, case.reference))


def _loans(path: Path) -> Iterator[_Loan]:
    for name in _FILES:
        for line, row in enumerate(rows(path, name, (*_LOAN, "referredby", *_TIMES)), 2):
            try:
                approved, closed, due, repaid = (_moment(row[each]) for each in _TIMES)
            except ValueError as error:
                raise ReplayError(f"{path}: {name}, row {line:,}: {error}") from error
            due = due.replace(hour=0, minute=0, second=0, microsecond=0)
            yield _Loan(row, approved, closed, due, repaid)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _case(loan: _Loan, history: list[_Loan], customer: dict[str, str]) -> Case:
    row, known = loan.row, loan.due + _DAY
    return Case(
        reference=f"loan-{row['systemloanid']}",
        event=loan.approved,
        features={
            "loannumber": row["loannumber"],
            "loanamount": repr(float(row["loanamount"])),
            "totaldue": repr(float(row["totaldue"])),
            "termdays": row["termdays"],
            "was_referred": "true" if row["referredby"] else "false",
            **_known(loan, history),
            **{name: customer.get(column, "") for name, column in _OF_CUSTOMER.items()},
        },
        outcome=loan.late,
        # That it is late is known when the day on which it was due is over.
        observed=known if loan.late else loan.repaid,
        due=known,
        beside={"customerid": row["customerid"]},
    )


def _known(loan: _Loan, history: list[_Loan]) -> dict[str, str]:
    """What was known of the customer at the approval: loans that had been closed, and no other."""
    closed = sorted((h for h in history if h.closed < loan.approved), key=lambda h: h.closed)
    last = closed[-1] if closed else None
    return {
        "closed_loans": str(len(closed)),
        "late_loans": str(sum(each.late for each in closed)),
        "mean_days_late": repr(fmean(each.days_late for each in closed)) if closed else "",
        "last_days_late": str(last.days_late) if last else "",
        "days_since_last": str((loan.approved - last.closed).days) if last else "",
    }


SUPERLENDER = Recipe(
    published="loans of a Nigerian lender, of a competition on Zindi: trainprevloans.csv,"
    " testprevloans.csv and demographics.csv",
    declaration=Path(__file__).parents[2] / "examples" / "superlender.toml",
    first_day=date(2017, 1, 1),
    longest=timedelta(days=37),
    notes=(
        "left out, known only later: closeddate, firstrepaiddate; a customer's history holds only"
        " loans that had been closed when the new one was approved.",
        "left out, censored: loans from 20 June 2017 on. The files end on 30 July and hold only"
        " loans that were closed, so that late ones of the last days are missing.",
        "every customer in the files came back in July 2017: those who never did, as after a"
        " default, are missing, the more so the older the loan.",
    ),
    read=_cases,
)
