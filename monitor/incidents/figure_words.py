"""What moved as a noun: what the axis of its chart says, and a row of a table."""

from diagnosis.finding import Moved
from monitor.incidents.phrases import caller, condition, test
from monitor.incidents.stream import Stream

_NAMES = {
    "rows": "Rows an hour",
    "observed/expected": "Observed over expected",
    "coverage": "Share of the due cases with an outcome",
    "delay": "Median delay of outcomes",
    "auc": "Order of the scores (AUC)",
}


def noun(moved: Moved) -> str:
    """As in `age: share below 32, from mobile`."""
    stream = Stream.of(moved.stream)
    if stream.what == "caller":
        return f"Share of the rows from {caller(stream.value)}"
    segment = dict(stream.segment)
    if moved.caller is not None:
        segment["caller"] = moved.caller
    said = _NAMES.get(stream.what, stream.what)
    if stream.sign:
        what = "Score" if stream.what == "score" else stream.what
        said = f"{what}: share {test(stream)}"
    return ", ".join([said, *(condition(*each) for each in segment.items())])
