"""Is anything wrong: the state of the service in a sentence, and the list of checks."""

from dataclasses import dataclass

from monitor.page.facts import Facts
from monitor.page.figures import Check
from monitor.page.words import listed

# In this order: counts that stand still make all else old, rows that are held back make it short.
_URGENT = ("counts", "log", "traffic", "incidents", "refusals", "served")

# What these say of an incident, the incidents say themselves.
_SECOND = {"scores", "features", "quality"}


@dataclass(frozen=True, slots=True)
class Headline:
    """The h1, which is the title as well, and a sentence or two below it."""

    title: str
    lead: str


def headline(facts: Facts, checks: list[Check]) -> Headline:
    """What the checks come to: what is due first, then what is worth a look."""
    urgent = sorted(
        (check for check in checks if check.state == "act" and check.id not in _SECOND),
        key=lambda check: _URGENT.index(check.id) if check.id in _URGENT else len(_URGENT),
    )
    if urgent:
        more = len(urgent) - 1
        others = f" {more} more below." if more else ""
        return Headline(
            f"Action due: {urgent[0].headline or urgent[0].text}",
            (urgent[0].lead or urgent[0].text) + others,
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
    if looks := [check for check in checks if check.state == "ask" and check.id not in _SECOND]:
        title = listed([check.headline or check.name.lower() for check in looks])
        return Headline(
            f"Worth a look: {title}", " ".join(check.lead or check.text for check in looks)
        )
    return _quiet(facts, checks)


def _quiet(facts: Facts, checks: list[Check]) -> Headline:
    lead = "The counts show neither a standstill nor rows that are held back"
    if facts.window.past:
        lead = "Traffic was as usual, as far as the counts of then go"
    known = next((check for check in checks if check.state == "known"), None)
    if known is not None:
        lead += f". Known, and nothing to do: {known.text.split(': ', 1)[-1].removesuffix('.')}"
    elif facts.watched is None:
        lead += ". Scores, features and data quality are shown against training and not tested"
    else:
        lead += ", and no incident is open"
    waits = [
        check.name.lower() for check in checks if check.state == "wait" and check.id != "incidents"
    ]
    if waits:
        lead += f"; not judged yet: {', '.join(waits)}"
    untold = "Nothing is wrong that the counts show"
    return Headline(untold if facts.watched is None else "Nothing is known to be wrong", lead + ".")
