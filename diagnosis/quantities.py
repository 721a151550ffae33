"""What is asked about one quantity: when it changed, what it was and is, whether it is back."""

import numpy as np

from diagnosis.change_point import Series
from diagnosis.finding import Moved
from diagnosis.marginals import Marginals
from diagnosis.state import Key, State
from diagnosis.streams import Streams


class Quantities:
    """Those of a state, by key; what was and is counts in a quantity's own scale."""

    def __init__(self, streams: Streams, state: State) -> None:
        self.state = state
        self._streams = streams
        self._places = {stream.name: at for at, stream in enumerate(streams.each)}

    def about(self, key: Key) -> tuple[str, str, str]:
        """Source, caller and column; of daily ones, the family is part of the caller."""
        if key.source == "daily":
            trace = self.state.traces[key.text]
            return key.source, f"{key.caller} {trace.caller or ''}", trace.column or ""
        return key.source, key.caller, self._streams.each[self._places[key.name]].column or ""

    def _counts(self, key: Key) -> Marginals:
        found = self.state.overall if key.source == "overall" else self.state.callers[key.caller]
        assert found is not None
        return found

    def series(self, key: Key) -> Series:
        """For its change point."""
        if key.source == "daily":
            return self.state.traces[key.text].series()
        return self._counts(key).series(self._places[key.name])

    def before(self, key: Key) -> float:
        """What it was, in its own scale."""
        if key.source == "daily":
            return self.state.traces[key.text].level
        return self._counts(key).baseline(self._places[key.name])[0]

    def after(self, key: Key, onset: float) -> float:
        """What it is since an hour, in its own scale."""
        if key.source == "daily":
            return self.state.traces[key.text].after(onset)
        return self._counts(key).after(self._places[key.name], onset)

    def moved(self, key: Key, before: float, after: float) -> Moved:
        """As it is said."""
        if key.source == "daily":
            trace = self.state.traces[key.text]
            return Moved(
                stream=trace.name,
                before=trace.said(before),
                after=trace.said(after),
                reading=trace.reading,
                column=trace.column,
                caller=trace.caller,
                log_evidence=trace.evidence,
            )
        marginals, k = self._counts(key), self._places[key.name]
        return Moved(
            stream=self._streams.each[k].name,
            before=before,
            after=after,
            reading="share",
            column=self._streams.each[k].column,
            caller=key.caller if key.source == "caller" else None,
            log_evidence=float(marginals.evidence[k]),
        )

    def is_back(self, key: Key, onset: float, levels: tuple[float, float]) -> bool | None:
        """Whether it is what it was, None while that cannot be told; levels: before, since."""
        if key.source == "daily":
            return self.state.traces[key.text].is_back(onset, levels)
        marginals, k = self._counts(key), self._places[key.name]
        tolerance = float(marginals.tolerances(self._streams)[k])
        return marginals.is_back(k, onset, levels, tolerance)

    def forget(self, key: Key) -> None:
        """Begin again with the evidence on it: cases from before this hour are not judged again."""
        if key.source == "daily":
            self.state.traces[key.text].forget(self.state.hour)
        else:
            self._counts(key).forget(self._places[key.name])

    def skip(self, first: int) -> None:
        """Leave the days of an incident that began at `first` and is over out of what is usual."""
        for _, marginals in self.state.sources():
            marginals.skip(self.state.hour)
        if self.state.traffic is not None:
            self.state.traffic.skip(first, self.state.hour)

    def accept(self, onset: float, held: set[str]) -> None:
        """What everything is since an hour is what it is compared with, but for what is held."""
        for name, marginals in self.state.sources():
            keys = (Key.counted(name, stream.name).text for stream in self._streams.each)
            free = np.array([key not in held for key in keys], dtype=bool)
            for k in np.flatnonzero(free):
                marginals.accept(int(k), onset)
            marginals.begin(self.state.hour, onset, free)
        for text, trace in self.state.traces.items():
            if text not in held:
                trace.accept(onset)
                trace.from_hour = max(trace.from_hour, int(onset))
