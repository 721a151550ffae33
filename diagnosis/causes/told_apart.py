"""The due cases of a group whose odds may have changed alone, and of all others, side by side."""

from collections.abc import Mapping
from typing import Any

from diagnosis.causes.concept import Concept
from diagnosis.rows import Mask, Rows

OTHERS = "others"
"""What stands in place of a condition for the cases outside the group."""


def told_apart(told: Concept, before: Rows, after: Rows) -> list[dict[str, Any]]:
    """A row for the group and one for the others, as plain JSON; none where no group was found.

    Each side of the onset has its due cases that have an outcome, how many events happened to them
    and how many the scores as they were answered expected.
    """
    if told.group is None:
        return []
    old, new = before.of(before.labelled), after.of(after.labelled)
    # Behind the cases before the onset lie rows of the reference.
    inside = told.group.mask_before[: len(old)]
    name, text = told.group.segment
    return [
        {
            "by": name,
            "group": group,
            "before": _side(old, of_old),
            "after": _side(new, of_new),
        }
        for group, of_old, of_new in (
            (text, inside, told.group.mask),
            (OTHERS, ~inside, ~told.group.mask),
        )
    ]


def _side(rows: Rows, chosen: Mask) -> Mapping[str, float]:
    return {
        "cases": int(chosen.sum()),
        "observed": int(rows.outcomes[chosen].sum()),
        "expected": float(rows.scores[chosen].sum()),
    }
