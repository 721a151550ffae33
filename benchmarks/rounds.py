"""Interleaved rounds: what a machine does to one server it does to all of them."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.load import Measured, Target
from benchmarks.machine import Moment, Noise

CEILING = "ceiling"


@dataclass
class Table:
    """What was measured: for each number of connections and server, one figure a round."""

    measured: dict[tuple[int, str], list[Measured]] = field(default_factory=dict)
    noise: list[Noise] = field(default_factory=list)

    def rate(self, connections: int, server: str) -> float:
        """Median of the requests a second."""
        return statistics.median(item.rate for item in self.measured[connections, server])

    def spread(self, connections: int, server: str) -> float:
        """Greatest less smallest rate, as a share of the median."""
        rates = [item.rate for item in self.measured[connections, server]]
        return (max(rates) - min(rates)) / statistics.median(rates)

    def ratios(self, connections: int, server: str, *, to: str = CEILING) -> list[float]:
        """Requests a second against another server's in the same round, in ascending order."""
        pairs = zip(self.measured[connections, server], self.measured[connections, to], strict=True)
        return sorted(mine.rate / other.rate for mine, other in pairs)

    def p50(self, connections: int, server: str) -> float:
        """Median over the rounds of the median latency, in ms."""
        return statistics.median(item.p50_ms for item in self.measured[connections, server])

    def p99(self, connections: int, server: str) -> float:
        """Median over the rounds of the 99th percentile, in ms."""
        return statistics.median(item.p99_ms for item in self.measured[connections, server])

    def warnings(self) -> list[str]:
        """Why the figures may not tell; empty where the machine was quiet."""
        found = []
        others = max((item.others for item in self.noise), default=0)
        stolen = max((item.stolen for item in self.noise), default=0)
        if others > 0.1:
            found.append(f"other processes used up to {others:.2f} cores during a round")
        if stolen > 0.01:
            found.append(f"the hypervisor kept up to {stolen:.1%} of a round for itself")
        for connections, server in self.measured:
            if server == CEILING and (spread := self.spread(connections, server)) > 0.15:
                found.append(
                    f"the ceiling itself moved by {spread:.0%} at {connections} connections"
                )
        runs = [item for items in self.measured.values() for item in items]
        if restless := sum(not item.rested for item in runs):
            found.append(f"{restless} runs began before the machine was at rest")
        refused = sum(item.refused for item in runs)
        broken = sum(item.broken for item in runs)
        if refused or broken:
            found.append(f"{refused} requests were refused and {broken} broken off")
        return found


def run(
    targets: Mapping[str, Target],
    connections: Sequence[int],
    *,
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
) -> Table:
    """Ask each server in turn, beginning with another one in each round."""
    table = Table()
    names = list(targets)
    for target in targets.values():
        target.load(max(connections), 1)  # warm
    for turn in range(rounds):
        shift = turn % len(names)
        order = names[shift:] + names[:shift]
        before = Moment.now()
        for count in connections:
            for name in order:
                measured = targets[name].load(count, seconds)
                table.measured.setdefault((count, name), []).append(measured)
        noise = Noise.between(before, Moment.now())
        table.noise.append(noise)
        say(f"round {turn + 1}: {_round(table, names, connections)}; others {noise.others} cores")
    return table


def _round(table: Table, names: list[str], connections: Sequence[int]) -> str:
    parts = []
    for count in connections:
        rates = {name: table.measured[count, name][-1].rate for name in names}
        ceiling = rates.get(CEILING)
        texts = [
            f"{name} {rate:,.0f}" + (f" ({rate / ceiling:.2f})" if ceiling else "")
            for name, rate in rates.items()
        ]
        parts.append(f"{count} connections: {', '.join(texts)}")
    return " | ".join(parts)
