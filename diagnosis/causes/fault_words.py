"""A fault as a candidate: the columns, the caller, the share of the rows, and a sentence."""

import numpy as np

from diagnosis.case import Case
from diagnosis.causes.crowd import Crowd
from diagnosis.causes.fault import Fault, Laid
from diagnosis.causes.words import figure, listed, percent
from diagnosis.finding import Candidate
from diagnosis.rows import Floats

# Callers that are hit in less than this part of what the most hit one is are not hit.
_PART = 0.25
_FEW = 100


def candidate(
    case: Case, laid: Laid, later: Crowd, names: tuple[str, ...], explains: float
) -> Candidate:
    """Of a fault, with the caller that alone it hits; `names` are those of the callers."""
    fault = laid.fault
    columns = tuple(case.reference.features[column].name for column in fault.columns)
    caller, share = _where(laid.shares, later, names)
    return Candidate(
        fault.cause,
        explains,
        columns=columns,
        segment=None if caller is None else {"caller": caller},
        parameters={**fault.parameters, "rows": share},
        because=_because(fault, listed(columns), share, caller),
    )


def _where(shares: Floats, later: Crowd, names: tuple[str, ...]) -> tuple[str | None, float]:
    """The one caller that is hit, or none where several are; and the share of the rows hit."""
    counts = np.bincount(later.callers, minlength=len(names))
    came = counts >= _FEW
    hit = came & (shares > _PART * float(shares.max(initial=0.0)))
    if came.sum() > 1 and hit.sum() == 1:
        caller = int(np.argmax(hit))
        return names[caller], float(shares[caller])
    return None, float((shares * counts).sum() / max(counts.sum(), 1))


def _because(fault: Fault, name: str, share: float, caller: str | None) -> str:
    where = "" if caller is None else f" from {caller or 'callers without a key'}"
    rows = "in all rows" if share > 0.97 else f"in {percent(share)} of the rows"
    if fault.cause == "swapped_columns":
        return f"{name}{where} have changed places {rows}; the other columns are as before."
    return f"{name}{where} {_did(fault)} {rows}; the other columns are as before."


def _did(fault: Fault) -> str:
    are = "are" if len(fault.columns) > 1 else "is"
    numbers = {key: figure(number) for key, number in fault.parameters.items()}
    match fault.cause:
        case "unit" if "factor" in numbers:
            found = f"is {numbers['factor']} times what it was"
        case "unit":
            found = f"differs by {numbers['offset']} from what it was"
        case "missing":
            found = f"{are} missing where a value was there"
        case "imputed":
            found = f"is {numbers['value']} where it was missing"
        case "stuck" | "code":
            found = f"{are} {numbers.get('value', 'a code')} whatever the case"
        case "shuffled_column":
            found = f"{are} of another case, with the same values as before,"
        case _:
            shown = ", ".join(f"{key} {number}" for key, number in numbers.items())
            found = f"comes in another form ({shown})"
    return found
