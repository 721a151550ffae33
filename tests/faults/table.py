"""The table of the faults, put together from what the tests' reports carry."""

from collections.abc import Iterable

# By this name a test's report carries its line, whichever process ran the test.
PROPERTY = "fault"

_HEAD = (
    "| fault | answered | logged unanswered | p99 ms before / during / after"
    " | not 200 during | not 200 before / after | RSS MB before / during / after | promise |\n"
    "|---|---:|---:|---|---|---|---|---|"
)


def table(reports: Iterable[object]) -> str:
    """What these tests recorded, in Markdown; empty where none did."""
    calls = (report for report in reports if getattr(report, "when", None) == "call")
    lines = [
        str(value)
        for report in calls
        for name, value in getattr(report, "user_properties", ())
        if name == PROPERTY
    ]
    return "\n".join([_HEAD, *lines]) if lines else ""
