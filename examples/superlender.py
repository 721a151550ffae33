"""Make the table of examples/superlender.toml from the competition's files.

    python examples/superlender.py superlender.zip data/superlender.csv

The data: loans of a Nigerian lender to returning customers, of a competition on Zindi. The zip
holds trainprevloans.csv, testprevloans.csv and demographics.csv.
"""

import sys
import zipfile
from pathlib import Path

import pandas as pd

_TIMES = ["approveddate", "closeddate", "firstduedate", "firstrepaiddate"]
# Of that month only loans that were closed within it are in the files.
_END = pd.Timestamp("2017-07-01")


def loans(previous: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Each loan as it was known when it was approved, with what became of it."""
    previous = previous.sort_values(["approveddate", "systemloanid"], kind="stable")
    due, repaid = previous["firstduedate"].dt.normalize(), previous["firstrepaiddate"]
    late = repaid.dt.normalize() > due
    previous = previous.assign(
        days_late=(repaid.dt.normalize() - due).dt.days,
        late=late.astype(int),
        due_at=due + pd.Timedelta(days=1),
        outcome_at=repaid.where(~late, due + pd.Timedelta(days=1)),
    )
    history = [_known(each) for _, each in previous.groupby("customerid", sort=False)]
    made = pd.concat([previous, pd.concat(history)], axis=1)
    made["was_referred"] = made["referredby"].notna()
    made = made.merge(customers.drop_duplicates("customerid"), "left", "customerid")
    return made[made["approveddate"] < _END][
        [
            *("systemloanid", "customerid", "approveddate", "outcome_at", "due_at", "late"),
            *("loannumber", "loanamount", "totaldue", "termdays", "was_referred"),
            *("closed_loans", "late_loans", "mean_days_late", "last_days_late", "days_since_last"),
            *("birth_year", "bank_account_type", "employment_status_clients"),
            "level_of_education_clients",
        ]
    ].rename(columns=lambda name: name.removesuffix("_clients"))


def _known(of_customer: pd.DataFrame) -> pd.DataFrame:
    """What was known of a customer at each approval: loans that had been closed, and no other."""
    rows = []
    for approved in of_customer["approveddate"]:
        closed = of_customer[of_customer["closeddate"] < approved].sort_values("closeddate")
        last = closed.iloc[-1] if len(closed) else None
        rows.append(
            {
                "closed_loans": len(closed),
                "late_loans": int(closed["late"].sum()),
                "mean_days_late": closed["days_late"].mean(),
                "last_days_late": None if last is None else last["days_late"],
                "days_since_last": None if last is None else (approved - last["closeddate"]).days,
            }
        )
    return pd.DataFrame(rows, index=of_customer.index)


def main() -> None:
    """Read the first file, write the second."""
    source, target = map(Path, sys.argv[1:])
    with zipfile.ZipFile(source) as archive:
        parts = []
        for name in ("trainprevloans.csv", "testprevloans.csv"):
            with archive.open(name) as file:
                parts.append(pd.read_csv(file, parse_dates=_TIMES))
        with archive.open("demographics.csv") as file:
            customers = pd.read_csv(file)
    previous = pd.concat(parts, ignore_index=True)
    loans(previous, customers).to_csv(target, index=False)


if __name__ == "__main__":
    main()
