"""What each fault did to the clients."""

from collections import Counter
from dataclasses import dataclass

from tests.faults.load import UNKNOWN, Exchange
from tests.faults.verdict import Verdict

PHASES = ("before", "during", "after")


@dataclass(frozen=True, slots=True)
class Result:
    """One fault."""

    fault: str
    verdict: Verdict
    p99: dict[str, float]
    """Milliseconds of the answers, by phase."""
    failures: dict[str, Counter[int]]
    """Statuses other than 200, by phase."""
    memory: dict[str, int]

    @classmethod
    def of(
        cls, fault: str, exchanges: list[Exchange], memory: dict[str, int], verdict: Verdict
    ) -> "Result":
        """Sum up the exchanges."""
        phases = {
            phase: [exchange for exchange in exchanges if exchange.phase == phase]
            for phase in PHASES
        }
        return cls(
            fault,
            verdict,
            {phase: within(0.99, found) for phase, found in phases.items()},
            {
                phase: Counter(item.status for item in found if item.status != 200)
                for phase, found in phases.items()
            },
            dict(memory),
        )

    def line(self) -> str:
        """A row of the table; see tests.faults.table."""
        outside = self.failures["before"] + self.failures["after"]
        cells = (
            self.fault,
            f"{self.verdict.answered:,}",
            f"{self.verdict.unanswered:,}",
            " / ".join(f"{self.p99[phase]:.0f}" for phase in PHASES),
            _statuses(self.failures["during"]),
            _statuses(outside),
            " / ".join(f"{self.memory.get(phase, 0) / 1e6:.0f}" for phase in PHASES),
            "kept" if self.verdict.kept else "BROKEN",
        )
        return f"| {' | '.join(cells)} |"


def within(share: float, exchanges: list[Exchange]) -> float:
    """Milliseconds within which that share of the answers came; 0 without any."""
    times = sorted(item.seconds for item in exchanges if item.status != UNKNOWN)
    return 1000 * times[min(len(times) - 1, int(share * len(times)))] if times else 0.0


def _statuses(counts: Counter[int]) -> str:
    named = [
        f"{count:,} x {status if status != UNKNOWN else 'no answer'}"
        for status, count in sorted(counts.items())
    ]
    return ", ".join(named) or "none"
