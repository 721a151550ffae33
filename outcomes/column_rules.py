"""What reports must be, asked of thousands of lines at once, as long as all of them are right."""

from collections.abc import Mapping, Sequence
from typing import cast

from outcomes.report import Columns, Report
from outcomes.rules import DEFAULTS, ID_FORM, MAX_KEY, REQUIRED, WITH_OUTCOME, WRONG, ReportRules

_Column = Sequence[object]


class _Doubtful(Exception):
    """A value is not what it must be."""


class ColumnRules:
    """Reads lines by their columns, to the very reports that `ReportRules.read` makes of each.

    Which line is wrong, and why, is not asked here: whoever has no answer reads line by line.
    """

    def __init__(self, rules: ReportRules) -> None:
        self._checks = rules.checks
        self._at_once = {"prediction_id": self._ids, "reference": _texts, "event_key": _texts}

    def read(self, columns: Mapping[str, _Column]) -> Columns | None:
        """The reports of one or more lines; None where a line is not one.

        columns: values as JSON has them, None where a line does not have the field.
        """
        try:
            checked = {name: self._checked(name, column) for name, column in columns.items()}
        except (KeyError, TypeError, _Doubtful):
            # A field that is unknown, a value that cannot even be looked up, or one that is wrong.
            return None
        count = len(next(iter(columns.values())))
        by_id, by_name, *others, states, outcomes, revisions, times = (
            checked.get(name, [DEFAULTS.get(name)] * count) for name in Report._fields
        )
        if (
            not REQUIRED.keys() <= checked.keys()
            or [id_ is None for id_ in by_id] != [name is not None for name in by_name]
            or any(
                (outcome is None) == (state in WITH_OUTCOME)
                for state, outcome in set(zip(states, outcomes, strict=True))
            )
        ):
            return None
        return [by_id, by_name, *others, states, outcomes, revisions, times]

    def _checked(self, name: str, column: _Column) -> _Column:
        """The values as a report has them; raises KeyError, TypeError or _Doubtful."""
        values = set(column)
        if None in values and name in REQUIRED:
            raise _Doubtful
        if None not in values and name in self._at_once:
            return self._at_once[name](cast("Sequence[str]", column))
        # Most fields have few values in many lines.
        check = self._checks[name]
        known = {value: DEFAULTS.get(name) if value is None else check(value) for value in values}
        if WRONG in known.values():
            raise _Doubtful
        return list(map(known.__getitem__, column))

    def _ids(self, column: Sequence[str]) -> _Column:
        if not all(map(ID_FORM.match, column)):
            raise _Doubtful
        lowered = "\n".join(column).lower().split("\n")
        # Their times are in the order of their texts: the first and the last speak for all.
        check = self._checks["prediction_id"]
        if WRONG in {check(min(lowered)), check(max(lowered))}:
            raise _Doubtful
        return lowered


def _texts(column: Sequence[str]) -> _Column:
    lengths = set(map(len, column))
    joined = "\n".join(column)
    if (
        not 0 < min(lengths) <= max(lengths) <= MAX_KEY
        or not "".join(column).isprintable()
        or " " in {joined[0], joined[-1]}
        or "\n " in joined
        or " \n" in joined
    ):
        raise _Doubtful
    return column
