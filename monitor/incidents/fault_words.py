"""What happened where the data are faulty: one clause, as a title has it."""

from collections.abc import Callable, Mapping

from diagnosis.finding import Cause
from monitor.incidents.phrases import MISSING, affected, part, too
from monitor.incidents.told import Told, first_moved
from monitor.page.words import count, number


def _model_swap(told: Told) -> str:
    differ, of = told.fitted.get("differ"), told.fitted.get("of")
    be = told.tense("are", "were")
    if differ is None or not of:
        return f"Scores {be} not those of version {told.version}"
    return f"{count(differ)} of {count(of)} scores {be} not those of version {told.version}"


def _unit(told: Told) -> str:
    factor, offset = told.fitted.get("factor"), told.fitted.get("offset")
    if offset:
        height = "high" if offset > 0 else "low"
        return f"{told.names} {told.tense.be} {number(abs(offset))} too {height}{told.rows}"
    if not factor or factor <= 0:
        return f"{told.names} {told.tense.be} in another unit{told.rows}"
    return f"{told.names} {told.tense.be} {too(factor)}{told.rows}"


def _missing(told: Told) -> str:
    shares = told.share(MISSING)
    if shares is None:
        rows = told.rows or " more often than before"
        return f"{told.names} {told.tense.be} missing{rows}"
    return f"{told.names} {told.tense.be} missing in {shares[1]} of the rows, {shares[0]} before"


def _stuck(told: Told) -> str:
    at = told.fitted.get("value")
    where = f" at {number(at, 6)}" if at is not None else ""
    return f"{told.names} {told.tense.be} stuck{where}{told.rows}"


def _code(told: Told) -> str:
    code = told.fitted.get("value")
    if code is None:
        return f"{told.names} {told.tense('holds', 'held')} a code in place of values{told.rows}"
    shares = told.share(f"{code:g}")
    if shares is None:
        return f"{told.names} {told.tense.be} {number(code, 6)} in place of a value{told.rows}"
    said = f"in {shares[1]} of its values, {shares[0]} before"
    return f"{told.names} {told.tense.be} {number(code, 6)} {said}"


def _swapped(told: Told) -> str:
    return f"{told.names} {told.tense('have', 'had')} changed places{told.rows}"


def _shuffled(told: Told) -> str:
    belong = told.tense("does not belong", "did not belong")
    return f"{told.names} {belong} to the rows that it {told.tense('is', 'was')} in{told.rows}"


def _imputed(told: Told) -> str:
    at = told.fitted.get("value")
    filled = f"filled in with {number(at, 6)}" if at is not None else "filled in"
    rows = affected(told.fitted.get("rows"))
    return f"Missing {told.names} {told.tense.be} {filled}{rows}"


def _duplicates(told: Told) -> str:
    rows = told.pair[1] if told.pair else told.fitted.get("rows")
    many = f"{part(rows)} of the rows" if rows is not None else "Rows"
    return f"{many}{told.sender} {told.tense('are', 'were')} repeats of earlier ones"


def _other_fault(told: Told) -> str:
    if not told.columns:
        return f"{first_moved(told)}; no known fault explains it"
    verb = told.tense("comes", "came") if len(told.columns) == 1 else told.tense("come", "came")
    return f"{told.names} {verb} otherwise than before, in a way that no known fault explains"


CLAUSES: Mapping[Cause, Callable[[Told], str]] = {
    "model_swap": _model_swap,
    "unit": _unit,
    "missing": _missing,
    "stuck": _stuck,
    "code": _code,
    "swapped_columns": _swapped,
    "shuffled_column": _shuffled,
    "imputed": _imputed,
    "duplicates": _duplicates,
    "other_fault": _other_fault,
}
