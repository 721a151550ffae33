"""Is anything wrong: the state of the service in a sentence, and the list of checks."""

from dataclasses import dataclass

from monitor.page.facts import Facts
from monitor.page.figures import Check
from monitor.page.words import listed

# In this order: counts that stand still make all else old, rows that are held back make it short.
_URGENT = ("counts", "log", "traffic", "refusals", "served", "scores", "features", "quality")


@dataclass(frozen=True, slots=True)
class Headline:
    """The h1, which is the title as well, and a sentence or two below it."""

    title: str
    lead: str


def headline(facts: Facts, checks: list[Check]) -> Headline:
    """What the checks come to. Only facts speak here: nothing is tested before drift detection."""
    urgent = sorted(
        (check for check in checks if check.state == "act"),
        key=lambda check: _URGENT.index(check.id) if check.id in _URGENT else len(_URGENT),
    )
    if urgent:
        more = len(urgent) - 1
        others = f" {more} more below." if more else ""
        return Headline(
            f"Action due: {urgent[0].headline or urgent[0].text}", urgent[0].text + others
        )
    if not facts.choices and facts.window.past:
        return Headline("No prediction had been made by then", "Nothing could be judged then.")
    if not facts.choices:
        return Headline(
            "No prediction has been made yet",
            "Nothing can be judged before the first one. Each part below says what it waits for.",
        )
    if not facts.total:
        return Headline(
            "No prediction in the time shown",
            "Nothing can be judged of it. Choose another time, or wider filters.",
        )
    if looks := [check for check in checks if check.state == "ask"]:
        title = listed([check.headline or check.name.lower() for check in looks])
        return Headline(f"Worth a look: {title}", " ".join(check.text for check in looks))
    waits = [check.name.lower() for check in checks if check.state == "wait"]
    lead = "The counts show neither a standstill nor rows that are held back"
    if facts.window.past:
        lead = "Traffic was as usual, as far as the counts of then go"
    lead += ". Scores, features and data quality are shown against training and not tested"
    if waits:
        lead += f"; not judged yet: {', '.join(waits)}"
    return Headline("Nothing is wrong that the counts show", lead + ".")
