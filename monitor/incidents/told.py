"""A cause with all that is known of it, for whoever says it in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from diagnosis.finding import Candidate, Cause, Diagnosis, Moved
from monitor.incidents import moved_words
from monitor.incidents.moved_words import Tense
from monitor.incidents.phrases import affected, parts, sender
from monitor.incidents.stream import Stream
from monitor.page.words import listed


@dataclass(frozen=True, slots=True)
class Told:
    """A cause with all that is known of it: what was fitted, and what moved."""

    cause: Cause
    columns: tuple[str, ...]
    segment: Mapping[str, str]
    fitted: Mapping[str, float]
    moved: tuple[Moved, ...]
    version: str
    tense: Tense

    @classmethod
    def of(
        cls, diagnosis: Diagnosis, moved: tuple[Moved, ...], version: str, tense: Tense
    ) -> "Told":
        """The first cause of a diagnosis."""
        chosen = holding(diagnosis)
        return cls(
            diagnosis.cause,
            (chosen.columns if chosen else ()) or diagnosis.columns,
            dict((chosen.segment if chosen else None) or diagnosis.segment or {}),
            chosen.parameters if chosen else {},
            moved,
            version,
            tense,
        )

    def beside(self, second: Candidate) -> "Told":
        """Another cause of the same incident."""
        segment = dict(second.segment or {})
        fitted = second.parameters
        return Told(
            *(second.cause, second.columns, segment, fitted, self.moved, self.version, self.tense)
        )

    @property
    def names(self) -> str:
        """The columns, from whom: MonthlyIncome from mobile."""
        return (listed(list(self.columns)) or "A column") + self.sender

    @property
    def sender(self) -> str:
        """Of which rows, behind a column's name."""
        return sender(self.segment)

    @property
    def rows(self) -> str:
        """In how many of them."""
        return affected(self.fitted.get("rows"), "its" if len(self.columns) == 1 else "the")

    def find(self, what: str, value: str | None = None) -> Moved | None:
        """The stream that moved most of those that look at `what`."""
        for each in self.moved:
            stream = Stream.of(each.stream, self.columns)
            if stream.what == what and value in {None, stream.value}:
                return each
        return None

    @property
    def pair(self) -> tuple[float, float] | None:
        """Before and after, where they were fitted."""
        if not {"before", "after"} <= self.fitted.keys():
            return None
        return self.fitted["before"], self.fitted["after"]

    def share(self, value: str | None = None) -> tuple[str, str] | None:
        """Before and after of the column's indicator, in words."""
        found = self.find(self.columns[0], value) if self.columns else None
        return parts(found.before, found.after) if found else None


def holding(diagnosis: Diagnosis) -> Candidate | None:
    """The candidate that is the cause."""
    own = [each for each in diagnosis.candidates if each.cause == diagnosis.cause]
    return next((each for each in own if each.refuted_by is None), None)


def first_moved(told: Told) -> str:
    """What moved first, where no cause says it better."""
    if not told.moved:
        return "Something moved"
    return moved_words.clause(moved_words.condensed(told.moved)[0], told.tense)
