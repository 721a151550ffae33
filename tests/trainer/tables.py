"""Declarations of small tables for the tests."""

from contract.declaration import Declaration

LOANS = """
key = "loans"
version = 1
title = "Loans"
{top}

[target]
name = "status"
description = "defaulted"
positive = {positive}
negative = {negative}

[source]
file = "loans.csv"
{source}

[[features]]
name = "amount"
kind = "float"
nullable = true
minimum = 0
maximum = 1e9
description = "Amount"
example = 1000.5

[[features]]
name = "country"
kind = "category"
nullable = true
levels = ["DE", "NA", "FR, south", "a \\"b\\""]
unknown = "{unknown}"
description = "Country"
example = "DE"

[[features]]
name = "new customer"
kind = "boolean"
nullable = true
description = "Whether the customer is new"
example = true
"""


def loans(
    top: str = "",
    source: str = "",
    positive: str = '"bad"',
    negative: str = '["good", "paid"]',
    unknown: str = "refuse",
) -> Declaration:
    return Declaration.from_toml(
        LOANS.format(top=top, source=source, positive=positive, negative=negative, unknown=unknown)
    )
